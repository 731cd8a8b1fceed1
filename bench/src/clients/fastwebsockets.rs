//! fastwebsockets, on a connection that is upgraded already: its own handshake leaves a boxed stream.

use fastwebsockets::{Frame, Payload, Role, WebSocket};

use crate::Result;
use crate::job::Job;
use crate::transport::{Transport, upgrade};
use crate::work;

pub(crate) struct Client<S: Transport>(WebSocket<S>);

/// Payload, and whether it is text.
pub(crate) struct Message(Vec<u8>, bool);

impl<S: Transport> work::Client for Client<S> {
    type Message = Message;

    fn message(payload: Vec<u8>, job: &Job) -> Result<Message> {
        Ok(Message(payload, job.text))
    }

    async fn open(job: &Job) -> Result<Self> {
        let mut stream = S::dial(job).await?;
        upgrade(&mut stream, job).await?;
        let mut socket = WebSocket::after_handshake(stream, Role::Client);
        socket.set_max_message_size(usize::MAX);
        Ok(Client(socket))
    }

    /// The program keeps its data, as with every client here; so the payload is copied to be masked.
    async fn send(&mut self, Message(bytes, text): &Message) -> Result<()> {
        let payload = Payload::Borrowed(bytes);
        self.0
            .write_frame(if *text {
                Frame::text(payload)
            } else {
                Frame::binary(payload)
            })
            .await?;
        Ok(self.0.flush().await?)
    }

    async fn receive(&mut self, count: u64, _: usize) -> Result<()> {
        for _ in 0..count {
            std::hint::black_box(self.0.read_frame().await?.payload.len());
        }
        Ok(())
    }
}
