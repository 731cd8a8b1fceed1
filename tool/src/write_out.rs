//! `--write-out`: a line about the connection.

use std::time::Duration;

use wscurl::types::info::CURLINFO;

use crate::easy::Easy;
use crate::exit::Outcome;
use crate::session::Counts;

/// What the last connection was.
pub(crate) struct Report<'a> {
    pub(crate) easy: Option<&'a Easy>,
    pub(crate) counts: &'a Counts,
    pub(crate) outcome: &'a Outcome,
    pub(crate) reconnects: u32,
}

impl Report<'_> {
    /// The format with its fields filled in.
    pub(crate) fn write_out(&self, format: &str) -> String {
        let mut text = String::new();
        let mut rest = format;
        while let Some(at) = rest.find(['%', '\\']) {
            text.push_str(&rest[..at]);
            rest = &rest[at..];
            let field = rest.strip_prefix("%{").and_then(|rest| rest.split_once('}'));
            let (shown, length) = match (field, rest.as_bytes()) {
                (Some((name, _)), _) => (
                    self.field(name).unwrap_or_else(|| format!("unknown field: {name}")),
                    name.len() + 3,
                ),
                (None, [b'%', b'%', ..]) => ("%".to_owned(), 2),
                (None, [b'\\', b'n', ..]) => ("\n".to_owned(), 2),
                (None, [b'\\', b't', ..]) => ("\t".to_owned(), 2),
                (None, [b'\\', b'r', ..]) => ("\r".to_owned(), 2),
                (None, [b'\\', b'\\', ..]) => ("\\".to_owned(), 2),
                _ => (rest[..1].to_owned(), 1),
            };
            text.push_str(&shown);
            rest = &rest[length..];
        }
        text + rest
    }

    fn field(&self, name: &str) -> Option<String> {
        let long = |info| self.easy.map_or(0, |easy| easy.long(info)).to_string();
        let text = |info| self.easy.and_then(|easy| easy.text(info)).unwrap_or_default();
        let time = |info| seconds(self.easy.map_or(Duration::ZERO, |easy| easy.microseconds(info)));
        let (close_code, close_reason) = self.counts.close.clone().unwrap_or_default();
        Some(match name {
            "bytes_received" => self.counts.bytes_received.to_string(),
            "bytes_sent" => self.counts.bytes_sent.to_string(),
            "close_code" => close_code.to_string(),
            "close_reason" => close_reason,
            "errormsg" => self.outcome.message().unwrap_or_default(),
            "exitcode" => self.outcome.code().to_string(),
            "extensions" => text(CURLINFO::CURLINFO_WS_EXTENSIONS),
            "http_code" => long(CURLINFO::CURLINFO_RESPONSE_CODE),
            "local_ip" => text(CURLINFO::CURLINFO_LOCAL_IP),
            "local_port" => long(CURLINFO::CURLINFO_LOCAL_PORT),
            "messages_received" => self.counts.messages_received.to_string(),
            "messages_sent" => self.counts.messages_sent.to_string(),
            "protocol" => text(CURLINFO::CURLINFO_WS_PROTOCOL),
            "reconnects" => self.reconnects.to_string(),
            "remote_ip" => text(CURLINFO::CURLINFO_PRIMARY_IP),
            "remote_port" => long(CURLINFO::CURLINFO_PRIMARY_PORT),
            "rtt" => time(CURLINFO::CURLINFO_WS_RTT_US),
            "time_appconnect" => time(CURLINFO::CURLINFO_APPCONNECT_TIME_T),
            "time_connect" => time(CURLINFO::CURLINFO_CONNECT_TIME_T),
            "time_namelookup" => time(CURLINFO::CURLINFO_NAMELOOKUP_TIME_T),
            "time_starttransfer" => time(CURLINFO::CURLINFO_STARTTRANSFER_TIME_T),
            "url" => text(CURLINFO::CURLINFO_EFFECTIVE_URL),
            _ => return None,
        })
    }
}

fn seconds(time: Duration) -> String {
    format!("{}.{:06}", time.as_secs(), time.subsec_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(format: &str) -> String {
        let counts = Counts {
            messages_received: 3,
            close: Some((4000, "done".to_owned())),
            ..Counts::default()
        };
        let report = Report {
            easy: None,
            counts: &counts,
            outcome: &Outcome::Missing,
            reconnects: 0,
        };
        report.write_out(format)
    }

    #[test]
    fn fields_and_escapes() {
        assert_eq!(
            report("%{messages_received} %{close_code} %{close_reason}\\n"),
            "3 4000 done\n"
        );
        assert_eq!(report("100%% \\t%{exitcode}%"), "100% \t102%");
        assert_eq!(report("%{nothing}%{url"), "unknown field: nothing%{url");
        for (name, _) in crate::fields::FIELDS {
            assert!(!report(&format!("%{{{name}}}")).contains("unknown"), "{name}");
        }
    }
}
