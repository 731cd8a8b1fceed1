//! One stream socket, always non-blocking.

use std::cell::Cell;
use std::io::{self, ErrorKind, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::time::Duration;

use rustix::io::{Errno, retry_on_intr};
use rustix::net::{self, RecvAncillaryBuffer, RecvFlags, Shutdown, SocketType};

use crate::ffi::process::Process;
use crate::net::address::Address;
use crate::net::descriptor::Descriptor;
pub(crate) use crate::net::syscall::Moved;
use crate::net::{syscall, system};

/// How TCP probes an idle connection; see tcp(7). Times are rounded up to seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keepalive {
    /// The idle time before the first probe.
    pub idle: Duration,
    /// The time between two probes.
    pub interval: Duration,
    /// The number of unanswered probes that end the connection.
    pub count: u32,
}

impl Default for Keepalive {
    /// libcurl's: the first probe after 60 seconds, nine of them a minute apart.
    fn default() -> Keepalive {
        Keepalive {
            idle: Duration::from_secs(60),
            interval: Duration::from_secs(60),
            count: 9,
        }
    }
}

/// A non-blocking stream socket; dropping it closes the descriptor.
///
/// The connection belongs to the process that made it. In a child of `fork()`, which has the descriptor too, receiving and
/// sending fail: what one of them read or sent would be missing in the other's stream. A child goes on with the
/// connection when its parent has ended, as after daemon(3).
#[derive(Debug)]
pub(crate) struct Socket {
    fd: Descriptor,
    tcp: bool,
    process: Cell<Process>,
}

impl Socket {
    /// A new socket of the address's family, non-blocking and close-on-exec, not yet connected.
    pub(crate) fn open(address: &Address) -> io::Result<Socket> {
        Ok(Socket {
            fd: Descriptor::new(system::stream_socket(address.family())?)?,
            tcp: address.inet().is_some(),
            process: Cell::new(Process::current()),
        })
    }

    /// Takes over a stream socket of the application's, and makes it non-blocking. Close-on-exec stays as it is: the
    /// application is asked with `SOCK_CLOEXEC` in the type. A descriptor that is no stream socket is an error, and closed.
    pub(crate) fn adopt(fd: OwnedFd) -> io::Result<Socket> {
        if net::sockopt::socket_type(&fd)? != SocketType::STREAM {
            return Err(io::Error::new(ErrorKind::InvalidInput, "not a stream socket"));
        }
        rustix::io::ioctl_fionbio(&fd, true)?;
        system::prepare(&fd)?;
        let tcp = system::is_tcp(&fd)?;
        Ok(Socket {
            fd: Descriptor::new(fd)?,
            tcp,
            process: Cell::new(Process::current()),
        })
    }

    /// Gives the descriptor away.
    pub(crate) fn into_fd(self) -> OwnedFd {
        self.fd.into_fd()
    }

    /// The descriptor's number, valid while the socket lives.
    pub(crate) fn raw(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    /// Starts to connect. `Ok`: connected. [`ErrorKind::WouldBlock`] without an `errno`: in progress; the socket becomes
    /// writable at the end, and another call, at any time, returns the result. `EAGAIN` from a Unix socket: the listener's
    /// queue is full and nothing was started; see connect(2).
    pub(crate) fn connect(&self, address: &Address) -> io::Result<()> {
        match system::connect(self.ours()?, &address.to_system()?) {
            Err(Errno::INPROGRESS | Errno::ALREADY | Errno::INTR) => Err(ErrorKind::WouldBlock.into()),
            Ok(()) | Err(Errno::ISCONN) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Receives up to the length of `buffer`; 0 is EOF. [`ErrorKind::WouldBlock`]: nothing yet.
    pub(crate) fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let fd = self.ours()?;
        let buffer = syscall::uninit(buffer);
        let moved = Moved::uninterrupted(|| syscall::recv(fd.as_raw_fd(), buffer, RecvFlags::DONTWAIT));
        Ok(moved.result()?)
    }

    /// Like [`recv`](Self::recv), after the next bytes, which were peeked at: those are received into `seen`. The result counts
    /// both.
    pub(crate) fn recv_behind(&self, seen: &mut [u8], buffer: &mut [u8]) -> io::Result<usize> {
        let fd = self.ours()?;
        let received = retry_on_intr(|| {
            let mut parts = [IoSliceMut::new(seen), IoSliceMut::new(buffer)];
            let mut control = RecvAncillaryBuffer::default();
            net::recvmsg(fd, &mut parts, &mut control, RecvFlags::DONTWAIT)
        })?;
        Ok(received.bytes)
    }

    /// Like [`recv`](Self::recv), into a vector's spare capacity, at most `limit` bytes. When `peeking`, the bytes stay in the
    /// kernel as well.
    #[inline(always)]
    pub(crate) fn append(&self, buffer: &mut Vec<u8>, limit: usize, peeking: bool) -> Moved {
        if !self.is_ours() {
            return Moved::FOREIGN;
        }
        let flags = match peeking {
            true => RecvFlags::PEEK,
            false => RecvFlags::empty(),
        };
        let spare = buffer.spare_capacity_mut();
        let limit = limit.min(spare.len());
        let moved = syscall::recv(self.raw(), &mut spare[..limit], flags | RecvFlags::DONTWAIT);
        if let Some(count) = moved.count() {
            // SAFETY: the system has filled `count` bytes of the spare capacity, right after the vector's content.
            unsafe { buffer.set_len(buffer.len() + count) };
        }
        moved
    }

    /// Discards bytes that were peeked at, at most as many as `scratch` is long. Where TCP can't do it without copying, and from
    /// other sockets, they are received into `scratch`.
    #[inline(always)]
    pub(crate) fn discard(&self, scratch: &mut [MaybeUninit<u8>]) -> Moved {
        if !self.is_ours() {
            return Moved::FOREIGN;
        }
        let flags = if self.tcp {
            system::DISCARD_TCP
        } else {
            RecvFlags::empty()
        };
        syscall::recv(self.raw(), scratch, flags | RecvFlags::DONTWAIT)
    }

    /// Sends what fits into the socket buffer. A broken connection is an error and never a `SIGPIPE`.
    #[inline(always)]
    pub(crate) fn send(&self, bytes: &[u8]) -> Moved {
        if !self.is_ours() {
            return Moved::FOREIGN;
        }
        syscall::send(self.raw(), bytes, system::SEND_FLAGS)
    }

    /// What [`append`](Self::append), [`discard`](Self::discard) or [`send`](Self::send) has done. [`ErrorKind::WouldBlock`]:
    /// nothing now.
    #[cold]
    pub(crate) fn result(&self, moved: Moved) -> io::Result<usize> {
        let result = moved.result();
        if result.is_err() {
            self.ours()?;
        }
        Ok(result?)
    }

    /// The local IP address and port; `None` for other families.
    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        net::getsockname(&self.fd).ok()?.try_into().ok()
    }

    /// The peer's IP address and port; `None` for other families and unless connected.
    pub(crate) fn peer_address(&self) -> Option<SocketAddr> {
        net::getpeername(&self.fd).ok()??.try_into().ok()
    }

    /// Turns Nagle's algorithm off (`TCP_NODELAY`) or on.
    pub(super) fn set_nodelay(&self, on: bool) -> io::Result<()> {
        Ok(net::sockopt::set_tcp_nodelay(&self.fd, on)?)
    }

    /// Turns TCP keep-alive on.
    pub(super) fn set_keepalive(&self, keepalive: Keepalive) -> io::Result<()> {
        net::sockopt::set_socket_keepalive(&self.fd, true)?;
        net::sockopt::set_tcp_keepidle(&self.fd, keepalive.idle)?;
        net::sockopt::set_tcp_keepintvl(&self.fd, keepalive.interval)?;
        Ok(net::sockopt::set_tcp_keepcnt(&self.fd, keepalive.count)?)
    }

    /// Binds the socket to a network interface.
    pub(super) fn bind_interface(&self, name: &str) -> io::Result<()> {
        system::bind_to_interface(self.fd.as_fd(), name)
    }

    /// Binds the local end. With port 0 the kernel chooses the port.
    pub(crate) fn bind(&self, address: SocketAddr) -> io::Result<()> {
        if address.port() == 0 {
            system::choose_port_late(self.fd.as_fd());
        }
        Ok(net::bind(&self.fd, &address)?)
    }

    /// Sends EOF to the peer. Receiving still works.
    pub(crate) fn shutdown_write(&self) -> io::Result<()> {
        Ok(net::shutdown(self.ours()?, Shutdown::Write)?)
    }

    /// The descriptor, for what the peer or another process would notice.
    fn ours(&self) -> io::Result<&Descriptor> {
        if !self.process.get().is_current() {
            self.take_over()?;
        }
        Ok(&self.fd)
    }

    /// What the peer or another process would notice may be done.
    #[inline(always)]
    fn is_ours(&self) -> bool {
        self.process.get().is_current() || self.take_over().is_ok()
    }

    #[cold]
    fn take_over(&self) -> io::Result<()> {
        let process = self.process.get();
        if !process.has_ended() {
            let text = format!(
                "the connection belongs to process {}, of which this one was forked",
                process.id()
            );
            return Err(io::Error::new(ErrorKind::PermissionDenied, text));
        }
        self.process.set(Process::current());
        Ok(())
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::wait::poll::{Interest, Ready, wait};
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::os::unix::net::UnixStream;
    use std::time::Instant;

    fn tcp_pair() -> (Socket, std::net::TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = Address::Inet(listener.local_addr().unwrap());
        let socket = Socket::open(&address).unwrap();
        if let Err(error) = socket.connect(&address) {
            assert_eq!((error.kind(), error.raw_os_error()), (ErrorKind::WouldBlock, None));
        }
        let (peer, _) = listener.accept().unwrap();
        ready(&socket, Duration::from_secs(5));
        socket.connect(&address).unwrap();
        (socket, peer)
    }

    fn unix_pair() -> (Socket, UnixStream) {
        let (ours, peer) = UnixStream::pair().unwrap();
        (Socket::adopt(ours.into()).unwrap(), peer)
    }

    fn ready(socket: &Socket, timeout: Duration) -> Ready {
        let interest = Interest {
            fd: socket.raw(),
            read: true,
            write: true,
        };
        wait(&[interest], Some(Instant::now() + timeout)).unwrap().ready(0)
    }

    fn readable(socket: &Socket, timeout: Duration) -> bool {
        let interest = Interest::reading(socket.raw());
        wait(&[interest], Some(Instant::now() + timeout))
            .unwrap()
            .ready(0)
            .readable
    }

    fn peeked_bytes_stay_until_discarded(socket: Socket, mut peer: impl Read + Write) {
        peer.write_all(b"hello world").unwrap();
        assert!(readable(&socket, Duration::from_secs(5)));
        let peek = || {
            let mut seen = Vec::with_capacity(64);
            assert_eq!(socket.result(socket.append(&mut seen, 64, true)).unwrap(), seen.len());
            seen
        };
        let mut buffer = [0; 64];
        assert_eq!(peek(), b"hello world");
        assert!(readable(&socket, Duration::ZERO));
        assert!(socket.discard(&mut [MaybeUninit::uninit(); 6]).is(6));
        assert!(readable(&socket, Duration::ZERO));
        assert_eq!(peek(), b"world");
        assert_eq!(socket.recv_behind(&mut [0; 2], &mut buffer).unwrap(), 5);
        assert_eq!(&buffer[..3], b"rld");
        assert!(!readable(&socket, Duration::ZERO));
        assert_eq!(socket.recv(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
        drop(peer);
        assert!(readable(&socket, Duration::from_secs(5)));
        assert_eq!(peek(), b"");
        assert_eq!(socket.recv(&mut buffer).unwrap(), 0);
        assert!(socket.discard(&mut [MaybeUninit::uninit()]).is(0));
    }

    #[test]
    fn peeked_bytes_stay_until_discarded_on_tcp() {
        let (socket, peer) = tcp_pair();
        assert!(socket.tcp);
        peeked_bytes_stay_until_discarded(socket, peer);
    }

    #[test]
    fn peeked_bytes_stay_until_discarded_on_unix_sockets() {
        let (socket, peer) = unix_pair();
        assert!(!socket.tcp);
        peeked_bytes_stay_until_discarded(socket, peer);
    }

    #[test]
    fn sending_takes_what_fits_and_never_raises_a_signal() {
        let (socket, mut peer) = tcp_pair();
        assert!(socket.send(b"one two").is(7));
        let mut got = [0; 7];
        peer.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"one two");
        let block = vec![0; 1 << 20];
        let refused = (0..64)
            .map(|_| socket.send(&block))
            .find(|moved| moved.count().is_none())
            .unwrap();
        assert!(refused.is_blocked());
        assert_eq!(socket.result(refused).unwrap_err().kind(), ErrorKind::WouldBlock);

        let (socket, peer) = unix_pair();
        drop(peer);
        let refused = socket.send(b"x");
        assert!(!refused.is_blocked());
        assert_eq!(socket.result(refused).unwrap_err().kind(), ErrorKind::BrokenPipe);
    }

    #[test]
    fn the_stream_to_the_peer_ends_on_shutdown() {
        let (socket, mut peer) = tcp_pair();
        socket.shutdown_write().unwrap();
        assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0);
        peer.write_all(b"x").unwrap();
        assert!(readable(&socket, Duration::from_secs(5)));
        assert_eq!(socket.recv(&mut [0; 9]).unwrap(), 1);
    }

    #[test]
    fn both_addresses_of_a_connection_are_known() {
        let (socket, peer) = tcp_pair();
        assert_eq!(socket.local_address(), peer.peer_addr().ok());
        assert_eq!(socket.peer_address(), peer.local_addr().ok());
        let (socket, _peer) = unix_pair();
        assert_eq!((socket.local_address(), socket.peer_address()), (None, None));
    }

    #[test]
    fn tcp_options_reach_the_kernel() {
        let (socket, _peer) = tcp_pair();
        socket.set_nodelay(true).unwrap();
        assert!(net::sockopt::tcp_nodelay(&socket).unwrap());
        let keepalive = Keepalive {
            idle: Duration::from_secs(17),
            interval: Duration::from_millis(2500),
            count: 4,
        };
        socket.set_keepalive(keepalive).unwrap();
        assert!(net::sockopt::socket_keepalive(&socket).unwrap());
        assert_eq!(net::sockopt::tcp_keepidle(&socket).unwrap(), Duration::from_secs(17));
        assert_eq!(net::sockopt::tcp_keepintvl(&socket).unwrap(), Duration::from_secs(3));
        assert_eq!(net::sockopt::tcp_keepcnt(&socket).unwrap(), 4);
    }

    #[test]
    fn only_stream_sockets_are_adopted() {
        let datagrams = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        assert_eq!(
            Socket::adopt(datagrams.into()).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
        let (pipe, _writer) = io::pipe().unwrap();
        assert_eq!(
            Socket::adopt(pipe.into()).unwrap_err().raw_os_error(),
            Some(libc::ENOTSOCK)
        );
    }

    #[test]
    fn a_refused_port_is_an_error_of_connect() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let socket = Socket::open(&Address::Inet(port)).unwrap();
        let error = match socket.connect(&Address::Inet(port)) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                assert!(ready(&socket, Duration::from_secs(5)).hangup);
                socket.connect(&Address::Inet(port)).unwrap_err()
            }
            result => result.unwrap_err(),
        };
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    }

    #[test]
    fn unix_sockets_are_reached_by_path_and_by_abstract_name() {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::net::{SocketAddr, UnixListener};
        let path = std::env::temp_dir().join(format!("wscurl-socket-{}", std::process::id()));
        let by_path = UnixListener::bind(&path).unwrap();
        let address = Address::Unix(path.to_str().unwrap().into());
        Socket::open(&address).unwrap().connect(&address).unwrap();
        by_path.accept().unwrap();
        std::fs::remove_file(&path).unwrap();

        let name = format!("wscurl-socket-{}", std::process::id());
        let by_name = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let address = Address::Abstract(name.into());
        Socket::open(&address).unwrap().connect(&address).unwrap();
        by_name.accept().unwrap();

        let too_long = Address::Unix(vec![b'x'; 200]);
        Socket::open(&too_long).unwrap().connect(&too_long).unwrap_err();
    }
}
