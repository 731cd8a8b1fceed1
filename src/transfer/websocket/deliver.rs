//! Frames for the write callback, chunk by chunk.

use super::chunk::{Chunk, Next};
use super::meta::{memory_meta, meta};
use super::wire::{FILLS_PER_CALL, Wire};
use crate::error::{Error, Result};
use crate::transport::Fill;
use crate::types::codes::CURLcode;
use crate::types::structs::curl_ws_frame;
use crate::ws::{Event, Frame};

/// The next chunk of at most `limit` bytes for the write callback.
pub(super) fn next_chunk(wire: &mut Wire, limit: usize, chunk: &mut Chunk) -> Result<Next> {
    wire.check()?;
    for _ in 0..FILLS_PER_CALL {
        if wire.connection.is_over() {
            return Ok(await_end(wire));
        }
        if !wire.is_drained() && chunk_in_memory(wire, limit, chunk)? {
            return Ok(Next::Chunk);
        }
        wire.write_pending();
        if wire.stream.take_drained() {
            return Ok(Next::Blocked);
        }
        match wire.fill() {
            Fill::Data => {}
            Fill::Blocked => return Ok(Next::Blocked),
            Fill::End => {
                return match wire.stream.end() {
                    Err(error) if !wire.may_be_cut_off() => Err(error.into()),
                    _ => finish(wire),
                };
            }
        }
    }
    Ok(Next::Busy)
}

/// Whether there is a chunk in memory, which `chunk` becomes.
fn chunk_in_memory(wire: &mut Wire, limit: usize, chunk: &mut Chunk) -> Result<bool> {
    if wire.is_raw() {
        let length = wire.stream.available().len().min(limit);
        if length > 0 {
            chunk.show_raw(&mut wire.stream, length);
        }
        return Ok(length > 0);
    }
    let header = wire.connection.begin_whole_message(wire.stream.available());
    wire.stream.consume(header);
    match wire.next_event() {
        Ok(Event::Payload(frame)) => payload_chunk(wire, &frame, limit, chunk),
        Ok(Event::Memory(frame)) => memory_chunk(wire, frame, limit, chunk).map(|()| true),
        Ok(_) => Ok(false),
        Err(error) => Err(wire.fail(error)),
    }
}

fn payload_chunk(wire: &mut Wire, frame: &Frame, limit: usize, chunk: &mut Chunk) -> Result<bool> {
    let Some(length) = chunk_length(frame, wire.stream.available(), limit) else {
        return Ok(false);
    };
    let payload = &wire.stream.available()[..length];
    if let Err(error) = wire.connection.check_payload(payload) {
        return Err(wire.fail(error));
    }
    chunk.show_stream(&mut wire.stream, meta(frame, length));
    Ok(true)
}

fn memory_chunk(wire: &mut Wire, frame: Frame, limit: usize, chunk: &mut Chunk) -> Result<()> {
    wire.begin_delivery(frame)?;
    let memory = wire.connection.memory();
    let memory = &memory[..memory.len().min(limit)];
    let pending = wire.connection.memory_pending() - memory.len();
    chunk.show_memory(memory, memory_meta(frame, memory.len(), pending));
    Ok(())
}

/// The application has taken `chunk`. Becomes the next chunk in the same memory, if frames are all there is to do.
#[inline(always)]
pub(super) fn next_in(wire: &mut Wire, chunk: &mut Chunk, limit: usize) -> bool {
    if !chunk.is_of_stream() || wire.is_raw() || wire.needs_attention() {
        return false;
    }
    let bytes = chunk.bytes();
    wire.count_delivered(bytes.len());
    wire.connection.take_payload(bytes);
    chunk.taken();
    let input = chunk.input();
    if input.is_empty() {
        return false;
    }
    match wire.connection.begin_whole_message(input) {
        0 => next_of_any_frame(wire, chunk, limit),
        header => next_behind(wire, chunk, header, limit),
    }
}

#[inline(never)]
fn next_of_any_frame(wire: &mut Wire, chunk: &mut Chunk, limit: usize) -> bool {
    let (used, _event) = wire.connection.receive(chunk.input());
    next_behind(wire, chunk, used, limit)
}

/// The next chunk is behind the first `used` bytes of the input, if it is payload and there is some.
#[inline(always)]
fn next_behind(wire: &mut Wire, chunk: &mut Chunk, used: usize, limit: usize) -> bool {
    let next = next_meta(wire, &chunk.input()[used..], limit);
    chunk.skip(used);
    if let Some(meta) = next {
        chunk.show(meta);
    }
    next.is_some()
}

#[inline(always)]
fn next_meta(wire: &mut Wire, input: &[u8], limit: usize) -> Option<curl_ws_frame> {
    let frame = wire.connection.payload()?;
    let length = chunk_length(frame, input, limit)?;
    let meta = meta(frame, length);
    wire.connection.check_payload(&input[..length]).ok()?;
    Some(meta)
}

fn take_chunk(wire: &mut Wire, chunk: &mut Chunk) {
    let bytes = chunk.bytes();
    wire.count_delivered(bytes.len());
    if !chunk.is_of_stream() {
        wire.connection.take_memory(bytes.len());
    } else if chunk.is_of_frame() {
        wire.connection.take_payload(bytes);
    }
    chunk.taken();
}

/// Takes a chunk's memory back. What the application has not taken is given to it again.
pub(super) fn chunk_done(wire: &mut Wire, chunk: &mut Chunk, taken: bool) {
    if taken && !chunk.is_taken() {
        take_chunk(wire, chunk);
    }
    chunk.restore(&mut wire.stream);
}

/// After the closing handshake only the end of the stream matters.
fn await_end(wire: &mut Wire) -> Next {
    wire.write_pending();
    let count = wire.stream.available().len();
    wire.stream.consume(count);
    match wire.fill() {
        Fill::Data | Fill::Blocked => Next::Blocked,
        Fill::End => Next::End,
    }
}

fn finish(wire: &mut Wire) -> Result<Next> {
    wire.write_pending();
    if let Some(error) = wire.unfinished() {
        return Err(error);
    }
    if let Some(error) = wire.stream.write_error()
        && wire.connection.close_code().is_none()
    {
        return Err(error.clone().into());
    }
    if !wire.has_received_any() && !wire.stream.has_available() {
        return Err(Error::new(
            CURLcode::CURLE_GOT_NOTHING,
            "[WS] the server closed the connection right after the opening handshake",
        ));
    }
    Ok(Next::End)
}

/// The part of `input` that is the next chunk of `frame`; `None` if more input is needed.
#[inline]
fn chunk_length(frame: &Frame, input: &[u8], limit: usize) -> Option<usize> {
    let length = input
        .len()
        .min(limit)
        .min(usize::try_from(frame.remaining).unwrap_or(usize::MAX));
    (length > 0 || frame.remaining == 0).then_some(length)
}
