//! The open WebSocket under a driver: chunks to the write callback, uploads from the read callback.

use std::time::Instant;

use crate::error::{Error, Result};
use crate::net::socket::Socket;
use crate::trace::Trace;
use crate::transfer::action::Upload;
use crate::transfer::channel::Channel;
use crate::transfer::chunks::{Chunk, Next};
use crate::transfer::close_deadline::CloseDeadline;
use crate::transfer::upload::UploadState;
use crate::types::codes::CURLcode;
use crate::types::limits::CURL_MAX_WRITE_SIZE;
use crate::types::structs::curl_infotype;

/// An open WebSocket and what callbacks have to do with it.
pub(super) struct Exchange {
    channel: Channel,
    upload: UploadState,
    closing: CloseDeadline,
}

/// What is to happen next.
pub(super) enum Turn {
    /// the write callback gets a chunk: [`Exchange::chunk_done`]
    Chunk(Chunk),
    /// the read callback is asked for at most this many bytes: [`Exchange::upload`]
    Upload(usize),
    /// look again
    Again,
    /// wait
    Wait,
    /// the connection has ended as it should
    End,
}

impl Exchange {
    pub(super) fn new(channel: Channel, upload: UploadState) -> Exchange {
        Exchange {
            channel,
            upload,
            closing: CloseDeadline::default(),
        }
    }

    pub(super) fn channel(&self) -> &Channel {
        &self.channel
    }

    pub(super) fn channel_mut(&mut self) -> &mut Channel {
        &mut self.channel
    }

    /// What has been noted for verbose output.
    pub(super) fn trace(&mut self) -> &mut Trace {
        self.channel.log()
    }

    /// Ends the connection in the orderly way; what was left to show goes to `trace`.
    pub(super) fn close(mut self, trace: &mut Trace) -> Socket {
        trace.append(self.trace());
        self.channel.close()
    }

    /// When [`Exchange::step`] is due at the latest.
    pub(super) fn deadline(&self, receiving: bool) -> Option<Instant> {
        self.closing
            .at()
            .into_iter()
            .chain(self.channel.deadline(receiving))
            .min()
    }

    /// The application drives from here on.
    pub(super) fn hand_over(&mut self, now: Instant) -> Result<()> {
        self.channel.disturb();
        self.channel.keep_alive(now)?;
        self.channel.settle()
    }

    /// Goes on under the callbacks: `receiving` and `sending` as far as neither is paused.
    pub(super) fn step(&mut self, receiving: bool, sending: bool, now: Instant) -> Result<Turn> {
        if self.closing.is_over(now)? {
            return Ok(Turn::End);
        }
        self.channel.disturb();
        self.channel.keep_alive(now)?;
        self.channel.answer();
        let room = self.upload_room().filter(|_| sending);
        match room {
            None => self.upload.skip(),
            Some(room) => {
                if let Some(size) = self.upload.ask(room) {
                    return Ok(Turn::Upload(size));
                }
            }
        }
        let next = match receiving {
            true => self.channel.next_chunk(CURL_MAX_WRITE_SIZE as usize)?,
            false => Next::Blocked,
        };
        if matches!(next, Next::Blocked) && receiving {
            self.channel.check_pong(now)?;
        }
        let (sent, received) = self.channel.closing();
        self.closing.note(sent, received, now);
        Ok(match next {
            Next::Chunk(chunk) => Turn::Chunk(chunk),
            Next::Blocked if room.is_some() => Turn::Again,
            Next::Blocked => Turn::Wait,
            Next::End => Turn::End,
        })
    }

    /// How many bytes the read callback may give now. It is asked when everything before is with the kernel.
    fn upload_room(&self) -> Option<u64> {
        if !self.upload.is_active() || self.channel.stream().unsent() > 0 {
            return None;
        }
        match self.channel.upload_room() {
            Some(room) => Some(room),
            // After a CLOSE frame the upload ends with the frame that is open.
            None => self.channel.may_start().then_some(u64::MAX),
        }
    }

    /// The application has taken `chunk`: the next one may follow without a step between them, in the same memory.
    pub(super) fn pass_on(&mut self, chunk: &mut Chunk) -> bool {
        !self.upload.is_active() && self.channel.pass_on(chunk)
    }

    /// The answer to [`Turn::Chunk`]: its memory, and whether the application took it.
    pub(super) fn chunk_done(&mut self, chunk: Chunk, taken: bool) {
        if taken {
            self.trace().data(curl_infotype::CURLINFO_DATA_IN, chunk.bytes());
        }
        self.channel.chunk_done(chunk, taken);
    }

    /// The answer to [`Turn::Upload`], unless that is a pause.
    pub(super) fn upload(&mut self, answer: &Upload<'_>) -> Result<()> {
        match answer {
            Upload::Data(bytes) => {
                self.trace().data(curl_infotype::CURLINFO_DATA_OUT, bytes);
                self.channel.send_upload(bytes)?;
                self.channel.flush().map(|_| ())
            }
            Upload::End => self.upload_end(),
            Upload::Pause => Ok(()),
        }
    }

    /// `curl_ws_start_frame`, also from inside the read callback.
    pub(super) fn start_frame(&mut self, flags: u32, length: i64) -> Result<()> {
        self.channel.start_frame(flags, length)?;
        self.upload.frame_started();
        Ok(())
    }

    /// No data: the end of the upload, unless the callback has just started a frame.
    fn upload_end(&mut self) -> Result<()> {
        if !self.upload.is_end() {
            return self.channel.flush().map(|_| ());
        }
        if let Some(missing) = self.channel.upload_room() {
            return Err(Error::new(
                CURLcode::CURLE_READ_ERROR,
                format!("[WS] the read callback ended its data {missing} bytes before the end of the frame it started"),
            ));
        }
        self.upload.finish();
        Ok(())
    }
}
