//! Names to addresses: first the local end's (`CURLOPT_INTERFACE`), where that is a name, then the first hop's.

use std::net::SocketAddr;

use super::failure;
use super::phase::{Phase, Question, Step, Work};
use super::plan::{Endpoint, NameSettings};
use crate::error::Error;
use crate::net::address::Address;
use crate::net::dns::answer::ResolveError;
use crate::net::dns::resolver::{Lookup, Query, Resolution};
use crate::net::interface::Interface;
use crate::random;

/// The phase that finds the addresses of both ends.
pub(super) struct Resolving(Stage);

enum Stage {
    Start,
    LocalPending(Box<Lookup>),
    /// the local end's addresses are here, none if it is not given by name
    LocalFound(Vec<SocketAddr>),
    /// the application was told that a name is about to be resolved
    Announced(Vec<SocketAddr>, Query),
    RemotePending(Vec<SocketAddr>, Box<Lookup>),
}

/// Where to connect from and to.
pub(super) struct Addresses {
    /// the local end's, none if it is not given by name
    pub(super) local: Vec<SocketAddr>,
    /// the first hop's, best first
    pub(super) remote: Vec<Address>,
}

impl Resolving {
    pub(super) fn new() -> Resolving {
        Resolving(Stage::Start)
    }

    /// Whether the driver's waker tells when to go on.
    pub(super) fn is_pending(&self) -> bool {
        matches!(self.0, Stage::LocalPending(_) | Stage::RemotePending(..))
    }

    pub(super) fn step(self, work: &mut Work<'_>) -> Phase<Resolving, Addresses> {
        match self.0 {
            Stage::Start => start(work),
            Stage::LocalPending(lookup) => match lookup.answer(work.now) {
                None => pending(Stage::LocalPending(lookup), Step::Wait),
                Some(found) => local_found(found),
            },
            Stage::LocalFound(local) => announce(local, work),
            Stage::Announced(local, query) => match work.look_up(&query) {
                Resolution::Ready(found) => remote_found(local, found, work),
                Resolution::Pending(lookup) => pending(Stage::RemotePending(local, Box::new(lookup)), Step::Continue),
            },
            Stage::RemotePending(local, lookup) => match lookup.answer(work.now) {
                None => pending(Stage::RemotePending(local, lookup), Step::Wait),
                Some(found) => remote_found(local, found, work),
            },
        }
    }
}

fn pending(stage: Stage, step: Step) -> Phase<Resolving, Addresses> {
    Phase::Pending(Resolving(stage), step)
}

fn start(work: &Work<'_>) -> Phase<Resolving, Addresses> {
    let interface = work.plan.dial.interface.as_ref();
    let Some(host) = interface.and_then(Interface::host_to_resolve) else {
        return pending(Stage::LocalFound(Vec::new()), Step::Continue);
    };
    match work.look_up(&query(host, 0, &work.plan.names)) {
        Resolution::Ready(found) => local_found(found),
        Resolution::Pending(lookup) => pending(Stage::LocalPending(Box::new(lookup)), Step::Continue),
    }
}

fn local_found(found: Result<Vec<SocketAddr>, ResolveError>) -> Phase<Resolving, Addresses> {
    match found {
        Ok(local) => pending(Stage::LocalFound(local), Step::Continue),
        Err(error) => Phase::Failed(failure::local_name(&error)),
    }
}

fn announce(local: Vec<SocketAddr>, work: &mut Work<'_>) -> Phase<Resolving, Addresses> {
    match &work.plan.first_hop().endpoint {
        Endpoint::Local(address) => {
            work.output.info.name_lookup = Some(work.now);
            let remote = vec![address.clone()];
            Phase::Done(Addresses { local, remote })
        }
        Endpoint::Host(host, port) => {
            let step = match work.context.wanted.resolve {
                true => Step::Ask(Question::ResolveStarts),
                false => Step::Continue,
            };
            pending(Stage::Announced(local, query(host, *port, &work.plan.names)), step)
        }
    }
}

fn query(host: &str, port: u16, names: &NameSettings) -> Query {
    Query {
        host: host.to_owned(),
        port,
        family: names.family,
    }
}

fn remote_found(
    local: Vec<SocketAddr>,
    found: Result<Vec<SocketAddr>, ResolveError>,
    work: &mut Work<'_>,
) -> Phase<Resolving, Addresses> {
    let found = found.map_err(|error| failure::resolve(&error, !work.plan.proxies.is_empty()));
    let found = match found.and_then(|found| arrange(found, &work.plan.names)) {
        Ok(found) => found,
        Err(error) => return Phase::Failed(error),
    };
    work.output.info.name_lookup = Some(work.now);
    work.output.trace.text(|| {
        let list: Vec<String> = found.iter().map(|address| address.ip().to_string()).collect();
        format!(
            "Host {} was resolved: {}",
            work.plan.first_hop().endpoint,
            list.join(", ")
        )
    });
    let remote = found.into_iter().map(Address::Inet).collect();
    Phase::Done(Addresses { local, remote })
}

/// Applies `CURLOPT_DNS_SHUFFLE_ADDRESSES` and `CURLOPT_ADDRESS_SCOPE`.
fn arrange(mut addresses: Vec<SocketAddr>, names: &NameSettings) -> Result<Vec<SocketAddr>, Error> {
    if names.shuffle {
        for last in (1..addresses.len()).rev() {
            let random = u32::from_ne_bytes(random::bytes()?) as usize;
            addresses.swap(last, random % (last + 1));
        }
    }
    for address in &mut addresses {
        if let SocketAddr::V6(address) = address
            && names.scope != 0
        {
            address.set_scope_id(names.scope);
        }
    }
    Ok(addresses)
}
