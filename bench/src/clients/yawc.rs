//! yawc.

use futures_util::SinkExt;
use yawc::{CompressionLevel, Frame, Options, WebSocket};

use crate::Result;
use crate::job::Job;
use crate::transport::Transport;
use crate::work;

/// More than any message here.
const LIMIT: usize = 64 << 20;

pub(crate) struct Client<S: Transport>(WebSocket<S>);

impl<S: Transport> work::Client for Client<S> {
    type Message = Frame;

    fn message(payload: Vec<u8>, job: &Job) -> Result<Frame> {
        Ok(if job.text {
            Frame::text(payload)
        } else {
            Frame::binary(payload)
        })
    }

    async fn open(job: &Job) -> Result<Self> {
        let mut options = Options::default().with_limits(LIMIT, 2 * LIMIT).without_compression();
        if job.compress {
            options = options.with_compression_level(CompressionLevel::default());
        }
        let socket = WebSocket::handshake(job.url().parse()?, S::dial(job).await?, options).await?;
        Ok(Client(socket))
    }

    async fn send(&mut self, message: &Frame) -> Result<()> {
        Ok(self.0.send(message.clone()).await?)
    }

    async fn receive(&mut self, count: u64, _: usize) -> Result<()> {
        for _ in 0..count {
            std::hint::black_box(self.0.next_frame().await?);
        }
        Ok(())
    }
}
