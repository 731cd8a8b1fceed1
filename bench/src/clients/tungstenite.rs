//! tungstenite, which blocks.

use bytes::Bytes;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Message, Utf8Bytes, WebSocket};

use crate::Result;
use crate::job::Job;
use crate::transport::BlockingTransport;
use crate::work;

pub(crate) struct Client<S: BlockingTransport>(WebSocket<S>);

impl<S: BlockingTransport> work::Client for Client<S> {
    type Message = Message;

    fn message(payload: Vec<u8>, job: &Job) -> Result<Message> {
        let bytes = Bytes::from(payload);
        Ok(if job.text {
            Message::Text(Utf8Bytes::try_from(bytes)?)
        } else {
            Message::Binary(bytes)
        })
    }

    async fn open(job: &Job) -> Result<Self> {
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let opened = tungstenite::client::client_with_config(job.url(), S::dial(job)?, Some(config));
        let (socket, _) = opened.map_err(|error| error.to_string())?;
        Ok(Client(socket))
    }

    async fn send(&mut self, message: &Message) -> Result<()> {
        Ok(self.0.send(message.clone())?)
    }

    async fn receive(&mut self, count: u64, _: usize) -> Result<()> {
        for _ in 0..count {
            std::hint::black_box(self.0.read()?);
        }
        Ok(())
    }
}
