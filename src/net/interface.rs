//! The local end of a connection: `CURLOPT_INTERFACE`, `CURLOPT_LOCALPORT` and `CURLOPT_LOCALPORTRANGE`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::{fmt, io};

use crate::net::devices;
use crate::net::dns::literals;
use crate::net::reason;
use crate::net::socket::Socket;

/// What `CURLOPT_INTERFACE` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interface {
    spec: Spec,
    /// The addresses of the host, if it is a name.
    resolved: Vec<SocketAddr>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Spec {
    /// `NAME`: a network interface, else a host.
    Either(String),
    /// `if!NAME`
    Device(String),
    /// `host!NAME`: an address, or a name that has one.
    Host(String),
    /// `ifhost!DEVICE!HOST`
    Both { device: String, host: String },
}

impl Interface {
    /// Parses the option's value, at most 512 bytes.
    pub(crate) fn parse(text: &[u8]) -> Result<Interface, InterfaceError> {
        let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= 512);
        let spec = text.and_then(Spec::parse).ok_or(InterfaceError)?;
        Ok(Interface {
            spec,
            resolved: Vec::new(),
        })
    }

    /// The host name to resolve for [`set_addresses`](Self::set_addresses) before dialling, if the value is a name that is no
    /// address and no network interface.
    pub(crate) fn host_to_resolve(&self) -> Option<&str> {
        let host = match &self.spec {
            Spec::Either(name) if !device_exists(name) => name,
            Spec::Host(host) | Spec::Both { host, .. } => host,
            _ => return None,
        };
        literals::ip(host).is_none().then_some(host)
    }

    /// The addresses of [`host_to_resolve`](Self::host_to_resolve); their ports are ignored.
    pub(crate) fn set_addresses(&mut self, addresses: Vec<SocketAddr>) {
        self.resolved = addresses;
    }

    /// Binds the socket to the device, if the value names one, and returns the address to bind to, with port 0.
    fn local_address(&self, socket: &Socket, remote: &SocketAddr) -> Result<SocketAddr, BindError> {
        match &self.spec {
            Spec::Device(device) => match socket.bind_interface(device) {
                Ok(()) => Ok(unspecified(remote)),
                Err(error) => device_address(device, remote, &error),
            },
            Spec::Either(name) => match socket.bind_interface(name) {
                Ok(()) => Ok(unspecified(remote)),
                Err(error) if device_exists(name) => device_address(name, remote, &error),
                Err(_) => self.host_address(name, remote),
            },
            Spec::Host(host) => self.host_address(host, remote),
            Spec::Both { device, host } => match socket.bind_interface(device) {
                Err(error) if !device_exists(device) => Err(no_device(device, &error)),
                // Binding to a device may need privileges; without them the address decides.
                _ => self.host_address(host, remote),
            },
        }
    }

    fn host_address(&self, host: &str, remote: &SocketAddr) -> Result<SocketAddr, BindError> {
        let literal = literals::ip(host);
        let addresses = literal.as_slice().iter().chain(&self.resolved);
        let mut usable = addresses.clone().filter(|local| local.is_ipv4() == remote.is_ipv4());
        match usable.next() {
            Some(local) => Ok(with_port(*local, 0)),
            None if addresses.count() > 0 => Err(other_family(host, remote)),
            None => Err(BindError::Failed {
                message: format!("Could not bind to '{host}': not an interface, host name or address"),
                errno: libc::ENODEV,
            }),
        }
    }
}

impl Spec {
    fn parse(text: &str) -> Option<Spec> {
        let filled = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        if let Some(device) = text.strip_prefix("if!") {
            return Some(Spec::Device(filled(device)?));
        }
        if let Some(host) = text.strip_prefix("host!") {
            return Some(Spec::Host(filled(host)?));
        }
        if let Some(both) = text.strip_prefix("ifhost!") {
            let (device, host) = both.split_once('!')?;
            return Some(Spec::Both {
                device: filled(device)?,
                host: filled(host)?,
            });
        }
        Some(Spec::Either(filled(text)?))
    }
}

/// The syntax of `CURLOPT_INTERFACE` is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InterfaceError;

impl fmt::Display for InterfaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CURLOPT_INTERFACE is neither NAME, if!NAME, host!NAME nor ifhost!INTERFACE!HOST")
    }
}

/// Why the local end could not be bound.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BindError {
    /// It has no address of the remote address's family; another remote address may work.
    OtherFamily(String),
    /// Everything else, as text and `errno`.
    Failed { message: String, errno: i32 },
}

/// Binds a TCP socket that is to be connected to `remote`. `ports` are the first port to try, 0 for any, and the number of
/// ports to try, at least one.
pub(super) fn bind(
    socket: &Socket,
    remote: &SocketAddr,
    interface: Option<&Interface>,
    ports: (u16, u16),
) -> Result<(), BindError> {
    let (port, range) = ports;
    let local = match interface {
        Some(interface) => interface.local_address(socket, remote)?,
        None => unspecified(remote),
    };
    if port == 0 && local.ip().is_unspecified() {
        return Ok(());
    }
    let last = if port == 0 {
        0
    } else {
        port.saturating_add(range.max(1) - 1)
    };
    let mut result = Ok(());
    for port in port..=last {
        result = socket.bind(with_port(local, port));
        match result.as_ref().map_err(io::Error::kind) {
            Err(io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied) => {}
            _ => break,
        }
    }
    result.map_err(|error| bind_failed(&local, port, last, &error))
}

/// Adds the scope to a link-local address without one, which connect() needs (ipv6(7)): that of the first interface with a
/// link-local address.
pub(super) fn complete_scope(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(v6) if v6.ip().is_unicast_link_local() && v6.scope_id() == 0 => {
            let candidates = devices::addresses();
            let mut candidates = candidates.iter().filter(|entry| entry.is_up && !entry.is_loopback);
            let scope = candidates.find_map(|entry| match entry.address {
                SocketAddr::V6(local) if local.ip().is_unicast_link_local() => Some(local.scope_id()),
                _ => None,
            });
            SocketAddrV6::new(*v6.ip(), v6.port(), v6.flowinfo(), scope.unwrap_or(0)).into()
        }
        _ => address,
    }
}

fn bind_failed(local: &SocketAddr, first: u16, last: u16, error: &io::Error) -> BindError {
    let place = match (local.ip().is_unspecified(), first == last) {
        (true, true) => format!("local port {first}"),
        (true, false) => format!("a local port from {first} to {last}"),
        (false, _) if first == 0 => format!("local address {}", local.ip()),
        (false, true) => format!("local address {} port {first}", local.ip()),
        (false, false) => format!("local address {} and a port from {first} to {last}", local.ip()),
    };
    BindError::Failed {
        message: format!("Could not bind to {place}: {}", reason(error)),
        errno: error.raw_os_error().unwrap_or(0),
    }
}

/// An address of the interface from which `remote` can be reached. An IPv6 address must have the same scope.
fn device_address(device: &str, remote: &SocketAddr, error: &io::Error) -> Result<SocketAddr, BindError> {
    if !device_exists(device) {
        return Err(no_device(device, error));
    }
    devices::addresses()
        .into_iter()
        .filter(|entry| entry.device == device)
        .map(|entry| entry.address)
        .find(|local| scope(local) == scope(remote))
        .ok_or_else(|| other_family(device, remote))
}

fn no_device(device: &str, error: &io::Error) -> BindError {
    BindError::Failed {
        message: format!("Could not bind to interface '{device}': {}", reason(error)),
        errno: error.raw_os_error().unwrap_or(0),
    }
}

fn other_family(local: &str, remote: &SocketAddr) -> BindError {
    let family = if remote.is_ipv4() { "IPv4" } else { "IPv6" };
    BindError::OtherFamily(format!("'{local}' has no {family} address to connect from"))
}

fn device_exists(name: &str) -> bool {
    devices::index(name).is_some()
}

#[derive(Debug, PartialEq, Eq)]
enum Scope {
    V4,
    Loopback,
    LinkLocal,
    SiteLocal,
    UniqueLocal,
    Global,
}

fn scope(address: &SocketAddr) -> Scope {
    match address.ip() {
        IpAddr::V4(_) => Scope::V4,
        IpAddr::V6(ip) if ip.is_loopback() => Scope::Loopback,
        IpAddr::V6(ip) if ip.is_unicast_link_local() => Scope::LinkLocal,
        IpAddr::V6(ip) if ip.segments()[0] & 0xffc0 == 0xfec0 => Scope::SiteLocal,
        IpAddr::V6(ip) if ip.is_unique_local() => Scope::UniqueLocal,
        IpAddr::V6(_) => Scope::Global,
    }
}

fn unspecified(remote: &SocketAddr) -> SocketAddr {
    match remote {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    }
}

fn with_port(mut address: SocketAddr, port: u16) -> SocketAddr {
    address.set_port(port);
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::address::Address;
    use std::net::TcpListener;

    fn bound(remote: &str, spec: Option<&str>, port: u16, range: u16) -> Result<Socket, BindError> {
        let remote = remote.parse().unwrap();
        let socket = Socket::open(&Address::Inet(remote)).unwrap();
        let interface = spec.map(|spec| Interface::parse(spec.as_bytes()).unwrap());
        bind(&socket, &remote, interface.as_ref(), (port, range)).map(|()| socket)
    }

    fn message(error: BindError) -> String {
        match error {
            BindError::Failed { message, .. } => message,
            BindError::OtherFamily(message) => panic!("{message}"),
        }
    }

    #[test]
    fn the_option_is_parsed() {
        let either = |name: &str| Spec::Either(name.to_owned());
        let cases = [
            ("eth0", Some(either("eth0"))),
            ("10.0.0.1", Some(either("10.0.0.1"))),
            ("if!eth0", Some(Spec::Device("eth0".to_owned()))),
            ("host!a.test", Some(Spec::Host("a.test".to_owned()))),
            (
                "ifhost!eth0!::1",
                Some(Spec::Both {
                    device: "eth0".to_owned(),
                    host: "::1".to_owned(),
                }),
            ),
            ("", None),
            ("if!", None),
            ("host!", None),
            ("ifhost!eth0", None),
            ("ifhost!eth0!", None),
        ];
        for (text, expected) in cases {
            let parsed = Interface::parse(text.as_bytes());
            assert_eq!(parsed.map(|interface| interface.spec).ok(), expected, "{text}");
        }
        for bad in [vec![b'x'; 513], vec![0xff]] {
            assert_eq!(Interface::parse(&bad), Err(InterfaceError));
        }
    }

    #[test]
    fn only_names_that_are_no_interface_need_a_lookup() {
        let cases = [
            ("lo", None),
            ("if!nowhere", None),
            ("127.0.0.1", None),
            ("host!::1", None),
            ("nowhere.test", Some("nowhere.test")),
            ("host!lo", Some("lo")),
            ("ifhost!lo!a.test", Some("a.test")),
        ];
        for (text, expected) in cases {
            let interface = Interface::parse(text.as_bytes()).unwrap();
            assert_eq!(interface.host_to_resolve(), expected, "{text}");
        }
    }

    #[test]
    fn the_local_address_can_be_given() {
        let socket = bound("127.0.0.1:9", Some("127.0.0.7"), 0, 1).unwrap();
        assert_eq!(socket.local_address().unwrap().ip().to_string(), "127.0.0.7");
    }

    #[test]
    fn the_local_address_can_be_a_resolved_name() {
        let remote = "127.0.0.1:9".parse().unwrap();
        let socket = Socket::open(&Address::Inet(remote)).unwrap();
        let mut interface = Interface::parse(b"host!a.test").unwrap();
        interface.set_addresses(vec!["[::1]:7".parse().unwrap(), "127.0.0.8:7".parse().unwrap()]);
        bind(&socket, &remote, Some(&interface), (0, 1)).unwrap();
        assert_eq!(socket.local_address().unwrap().ip().to_string(), "127.0.0.8");
    }

    #[test]
    fn the_interface_can_be_given() {
        for spec in ["lo", "if!lo", "ifhost!lo!127.0.0.1"] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let remote = listener.local_addr().unwrap();
            let socket = bound(&remote.to_string(), Some(spec), 0, 1).unwrap();
            let _ = socket.connect(&Address::Inet(remote));
            assert_eq!(listener.accept().unwrap().1.ip().to_string(), "127.0.0.1", "{spec}");
        }
    }

    #[test]
    fn the_address_of_an_interface_has_the_scope_of_the_remote_address() {
        let error = io::Error::from_raw_os_error(libc::EPERM);
        let local = |remote: &str| device_address("lo", &remote.parse().unwrap(), &error);
        assert_eq!(local("127.0.0.1:9"), Ok("127.0.0.1:0".parse().unwrap()));
        assert!(matches!(local("[2001:db8::1]:9"), Err(BindError::OtherFamily(_))));
    }

    #[test]
    fn a_local_address_of_the_other_family_has_an_error_of_its_own() {
        let error = bound("127.0.0.1:9", Some("::1"), 0, 1).unwrap_err();
        assert_eq!(
            error,
            BindError::OtherFamily("'::1' has no IPv4 address to connect from".to_owned())
        );
    }

    #[test]
    fn the_error_names_what_cannot_be_bound() {
        let cases = [
            ("if!nowhere0", "Could not bind to interface 'nowhere0': No such device"),
            (
                "ifhost!nowhere0!127.0.0.1",
                "Could not bind to interface 'nowhere0': No such device",
            ),
            (
                "nowhere.test",
                "Could not bind to 'nowhere.test': not an interface, host name or address",
            ),
            (
                "192.0.2.77",
                "Could not bind to local address 192.0.2.77: Cannot assign requested address",
            ),
        ];
        for (spec, expected) in cases {
            assert_eq!(message(bound("127.0.0.1:9", Some(spec), 0, 1).unwrap_err()), expected);
        }
    }

    #[test]
    fn the_ports_of_a_range_are_tried_in_order() {
        // An address that no other test uses, and two of its ports, of which the first is taken.
        let address = "127.83.71.1";
        let (_taken, port) = (0..100)
            .find_map(|_| {
                let taken = TcpListener::bind((address, 0)).unwrap();
                let port = taken.local_addr().unwrap().port();
                TcpListener::bind((address, port.checked_add(1)?)).ok()?;
                Some((taken, port))
            })
            .unwrap();
        let socket = bound("127.0.0.1:9", Some(address), port, 2).unwrap();
        assert_eq!(socket.local_address().unwrap().port(), port + 1);
        let error = bound("127.0.0.1:9", Some(address), port, 0).unwrap_err();
        let expected = format!("Could not bind to local address {address} port {port}: Address already in use");
        assert_eq!(message(error), expected);
        let error = bound("127.0.0.1:9", None, port, 2).unwrap_err();
        let expected = format!("a local port from {port} to {}", port + 1);
        assert!(message(error).contains(&expected));
    }

    #[test]
    fn a_link_local_address_gets_the_scope_of_an_interface() {
        let plain = "[2001:db8::1]:9".parse().unwrap();
        assert_eq!(complete_scope(plain), plain);
        let scoped = "[fe80::1%3]:9".parse().unwrap();
        assert_eq!(complete_scope(scoped), scoped);
        let link_local = devices::addresses()
            .into_iter()
            .find(|entry| entry.is_up && !entry.is_loopback && scope(&entry.address) == Scope::LinkLocal);
        if let Some(SocketAddr::V6(local)) = link_local.map(|entry| entry.address) {
            let remote = complete_scope("[fe80::1]:9".parse().unwrap());
            assert!(matches!(remote, SocketAddr::V6(it) if it.scope_id() == local.scope_id()));
        }
    }
}
