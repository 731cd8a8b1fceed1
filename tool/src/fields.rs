//! The fields of `--write-out`.

/// What the format can contain, for the manual page.
pub(crate) const FIELDS: [(&str, &str); 22] = [
    ("bytes_received", "payload of received messages"),
    ("bytes_sent", "payload of sent messages and frames"),
    ("close_code", "status code of the server's CLOSE frame; 0 without one"),
    ("close_reason", "its reason"),
    ("errormsg", "what went wrong"),
    ("exitcode", "the exit code"),
    ("extensions", "extensions that the server has accepted"),
    ("http_code", "status of the response to the opening handshake"),
    ("local_ip", "the local address"),
    ("local_port", "the local port"),
    ("messages_received", "received messages"),
    ("messages_sent", "sent messages"),
    ("protocol", "subprotocol that the server has selected"),
    ("reconnects", "connections after the first one"),
    ("remote_ip", "the server's address"),
    ("remote_port", "the server's port"),
    ("rtt", "seconds between the last PING and its PONG; 0 without one"),
    ("time_appconnect", "seconds until TLS was ready"),
    ("time_connect", "seconds until TCP was connected"),
    ("time_namelookup", "seconds until the name was resolved"),
    ("time_starttransfer", "seconds until the response began"),
    ("url", "the URL, after redirects"),
];
