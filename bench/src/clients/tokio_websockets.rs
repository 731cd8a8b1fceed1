//! tokio-websockets.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio_websockets::{ClientBuilder, Config, Limits, Message, WebSocketStream};

use crate::Result;
use crate::job::Job;
use crate::transport::Transport;
use crate::work;

pub(crate) struct Client<S: Transport>(WebSocketStream<S>);

impl<S: Transport> work::Client for Client<S> {
    type Message = Message;

    fn message(payload: Vec<u8>, job: &Job) -> Result<Message> {
        let bytes = Bytes::from(payload);
        Ok(if job.text {
            Message::text(bytes)
        } else {
            Message::binary(bytes)
        })
    }

    async fn open(job: &Job) -> Result<Self> {
        let stream = S::dial(job).await?;
        let builder = ClientBuilder::new()
            .uri(&job.url())?
            .config(Config::default().frame_size(usize::MAX))
            .limits(Limits::unlimited());
        let (socket, _) = builder.connect_on(stream).await?;
        Ok(Client(socket))
    }

    async fn send(&mut self, message: &Message) -> Result<()> {
        Ok(self.0.send(message.clone()).await?)
    }

    async fn receive(&mut self, count: u64, _: usize) -> Result<()> {
        for _ in 0..count {
            std::hint::black_box(self.0.next().await.ok_or("closed")??);
        }
        Ok(())
    }
}
