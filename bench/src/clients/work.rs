//! The works, the same for every client.

use crate::job::{Job, Measure, Report};
use crate::{Failure, Result};

/// One open connection of a client.
pub(crate) trait Client: Sized {
    /// A message, made once and sent often.
    type Message;

    fn message(payload: Vec<u8>, job: &Job) -> Result<Self::Message>;

    async fn open(job: &Job) -> Result<Self>;

    /// Hands a message over, and all of it to the socket.
    async fn send(&mut self, message: &Self::Message) -> Result<()>;

    /// Takes so many messages of that size.
    async fn receive(&mut self, count: u64, size: usize) -> Result<()>;
}

pub(crate) async fn run<C: Client>(job: &Job) -> Result<Report> {
    match job.work.as_str() {
        "hop" => hop::<C>(job).await,
        "connect" => connect::<C>(job).await,
        _ => stream::<C>(job).await,
    }
}

async fn stream<C: Client>(job: &Job) -> Result<Report> {
    let mut measure = Measure::default();
    measure.mark_memory();
    let messages = messages::<C>(job)?;
    let go = C::message(vec![b'!'], job)?;
    let mut client = C::open(job).await?;
    phase(&mut client, job, &messages, job.warm).await?;
    measure.begin();
    if job.work == "receive" {
        client.send(&go).await?;
    }
    phase(&mut client, job, &messages, job.count).await?;
    measure.end();
    Ok(measure.report(job, 1))
}

fn messages<C: Client>(job: &Job) -> Result<Vec<C::Message>> {
    job.messages()
        .into_iter()
        .map(|payload| C::message(payload, job))
        .collect()
}

async fn phase<C: Client>(client: &mut C, job: &Job, messages: &[C::Message], count: u64) -> Result<()> {
    match job.work.as_str() {
        "pingpong" => {
            for message in messages.iter().cycle().take(count as usize) {
                client.send(message).await?;
                client.receive(1, job.size).await?;
            }
        }
        "send" => {
            for message in messages.iter().cycle().take(count as usize) {
                client.send(message).await?;
            }
            client.receive(1, 1).await?;
        }
        "receive" => client.receive(count, job.size).await?,
        other => return Err(Failure::from(format!("no such work: {other}"))),
    }
    Ok(())
}

/// One echo after the other, each on another connection.
async fn hop<C: Client>(job: &Job) -> Result<Report> {
    let mut measure = Measure::default();
    let messages = messages::<C>(job)?;
    let mut clients = Vec::with_capacity(job.connections);
    for _ in 0..job.connections {
        let mut client = C::open(job).await?;
        echo(&mut client, job, &messages[0]).await?;
        clients.push(client);
        if clients.len() == 1 {
            measure.mark_memory();
        }
    }
    let at = |i: u64| (i * 7919 % job.connections as u64) as usize;
    for i in 0..job.warm {
        echo(&mut clients[at(i)], job, &messages[0]).await?;
    }
    measure.begin();
    for i in 0..job.count {
        echo(&mut clients[at(i)], job, &messages[0]).await?;
    }
    measure.end();
    Ok(measure.report(job, (job.connections - 1).max(1)))
}

async fn echo<C: Client>(client: &mut C, job: &Job, message: &C::Message) -> Result<()> {
    client.send(message).await?;
    client.receive(1, job.size).await
}

/// Connect, upgrade, close.
async fn connect<C: Client>(job: &Job) -> Result<Report> {
    let mut measure = Measure::default();
    for _ in 0..job.warm {
        drop(C::open(job).await?);
    }
    measure.begin();
    for _ in 0..job.count {
        drop(C::open(job).await?);
    }
    measure.end();
    Ok(measure.report(job, 1))
}
