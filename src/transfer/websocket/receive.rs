//! `curl_ws_recv`: frames into the application's buffer.

use std::cell::Cell;

use super::meta::{memory_meta, meta};
use super::wire::{FILLS_PER_CALL, Wire};
use crate::error::{Error, Result};
use crate::transport::Fill;
use crate::types::structs::curl_ws_frame;
use crate::ws::{Event, Frame};

/// Delivers bytes of one frame into `buffer`, as many as are there and fit. `CURLE_AGAIN` when there are none.
///
/// An empty `buffer` asks for the next frame's header without consuming payload.
#[inline(always)]
pub(super) fn receive(wire: &mut Wire, buffer: &mut [u8], frame: &Cell<curl_ws_frame>) -> Result<()> {
    if wire.needs_attention() {
        before_receiving(wire)?;
    }
    match receive_available(wire, buffer, frame) {
        Some(More::Message) => {
            wire.stream.settle(true);
            Ok(())
        }
        Some(more) => {
            settle_used_up(wire, more);
            Ok(())
        }
        None => receive_any(wire, buffer, frame),
    }
}

/// What can be delivered next.
enum More {
    /// bytes of a short message
    Message,
    /// nothing of what is in memory
    Nothing,
    Unknown,
}

/// What the program does not get now must keep the descriptor readable.
#[inline(always)]
fn settle(wire: &mut Wire, more: More) {
    let readable = match more {
        More::Message => true,
        More::Nothing => false,
        More::Unknown => wire.is_deliverable(),
    };
    wire.stream.settle(readable);
}

/// The same where the receive buffer is used up, which many messages share.
#[inline(never)]
fn settle_used_up(wire: &mut Wire, more: More) {
    settle(wire, more);
}

/// The next bytes of the pending frame, where all that are wanted are in the receive buffer and nobody looks at them first.
/// `None`: that is not so.
#[inline(always)]
fn receive_available(wire: &mut Wire, buffer: &mut [u8], meta_of: &Cell<curl_ws_frame>) -> Option<More> {
    let frame = wire.connection.unchecked_payload()?;
    let count = frame.remaining.min(buffer.len() as u64) as usize;
    let (payload, rest) = wire.stream.available().split_at_checked(count)?;
    let wanted = buffer.get_mut(..count)?;
    if count == 0 {
        return None;
    }
    let received = meta(frame, count);
    wire.connection.take_payload(payload);
    meta_of.set(received);
    let header = wire.connection.begin_whole_message(rest);
    let more = header > 0 && rest.len() > header;
    wanted.copy_from_slice(payload);
    Some(match more {
        true => {
            wire.stream.skip(count + header);
            More::Message
        }
        false => {
            let nothing = rest.is_empty() && wire.stream.tls().is_none();
            wire.stream.consume(count + header);
            if nothing { More::Nothing } else { More::Unknown }
        }
    })
}

fn before_receiving(wire: &mut Wire) -> Result<()> {
    wire.check()?;
    wire.write_pending();
    match wire.connection.is_over() {
        true => Err(wire.closed_error()),
        false => Ok(()),
    }
}

/// The same with everything that may be the case, the socket included.
#[inline(never)]
fn receive_any(wire: &mut Wire, buffer: &mut [u8], meta_of: &Cell<curl_ws_frame>) -> Result<()> {
    if wire.connection.is_between_frames() && !wire.stream.has_available() {
        // Without more, nothing that was seen is left in the kernel.
        wire.fill_or_end()?;
        let available = wire.stream.available();
        let header = wire.connection.begin_whole_message(available);
        if header < available.len() {
            wire.stream.skip(header);
            if let Some(more) = receive_available(wire, buffer, meta_of) {
                settle(wire, more);
                return Ok(());
            }
        } else {
            wire.stream.consume(header);
        }
    }
    let received = receive_frame(wire, buffer);
    if wire.needs_attention() {
        wire.write_pending();
    }
    settle(wire, More::Unknown);
    meta_of.set(received?);
    Ok(())
}

#[inline(never)]
fn receive_frame(wire: &mut Wire, buffer: &mut [u8]) -> Result<curl_ws_frame> {
    for _ in 0..FILLS_PER_CALL {
        match wire.next_event() {
            Ok(Event::Payload(frame)) => {
                if let Some(frame) = copy_payload(wire, frame, buffer)? {
                    return Ok(frame);
                }
            }
            Ok(Event::Memory(frame)) => return copy_memory(wire, frame, buffer),
            Ok(_) => {}
            Err(error) => return Err(wire.fail(error)),
        }
        wire.fill_or_end()?;
    }
    Err(Error::AGAIN)
}

/// Moves payload of `frame` into `buffer`: from memory first, then straight from the socket. `None`: none is there yet.
fn copy_payload(wire: &mut Wire, frame: Frame, buffer: &mut [u8]) -> Result<Option<curl_ws_frame>> {
    wire.stream.expect_payload(frame.length());
    if frame.remaining > 0 && buffer.is_empty() {
        return Ok(Some(meta(&frame, 0)));
    }
    let received = Cell::default();
    if receive_available(wire, buffer, &received).is_some() {
        return Ok(Some(received.get()));
    }
    let wanted = buffer.len().min(usize::try_from(frame.remaining).unwrap_or(usize::MAX));
    let count = copy_directly(wire, &mut buffer[..wanted])?;
    if count == 0 && frame.remaining > 0 {
        return Ok(None);
    }
    let payload = &buffer[..count];
    let checked = wire.connection.check_payload(payload);
    wire.connection.take_payload(payload);
    match checked {
        Ok(()) => Ok(Some(meta(&frame, count))),
        Err(error) => Err(wire.fail(error)),
    }
}

/// Moves payload from the receive buffer and then straight from the socket, and returns how much that was.
fn copy_directly(wire: &mut Wire, wanted: &mut [u8]) -> Result<usize> {
    let available = wire.stream.available();
    let mut count = available.len().min(wanted.len());
    wanted[..count].copy_from_slice(&available[..count]);
    wire.stream.consume(count);
    while count < wanted.len() {
        match wire.stream.fill_directly(&mut wanted[count..], count > 0) {
            (Fill::Data, more) => {
                wire.note_direct(&wanted[count..count + more]);
                count += more;
            }
            // What came before an error is delivered first; the next call returns the error.
            (Fill::End, _) if count == 0 => {
                wire.stream.end()?;
                break;
            }
            (Fill::Blocked | Fill::End, _) => break,
        }
        if wire.stream.tls().is_none() {
            break;
        }
    }
    Ok(count)
}

/// Delivers from the connection's memory: a collected control frame, or inflated payload.
fn copy_memory(wire: &mut Wire, frame: Frame, buffer: &mut [u8]) -> Result<curl_ws_frame> {
    wire.begin_delivery(frame)?;
    wire.stream.expect_payload(0);
    let mut copied = 0;
    loop {
        let memory = wire.connection.memory();
        let count = memory.len().min(buffer.len() - copied);
        buffer[copied..copied + count].copy_from_slice(&memory[..count]);
        copied += count;
        let pending = wire.connection.memory_pending() - count;
        // Without room only a frame without payload is consumed.
        wire.connection.take_memory(count);
        if pending == 0 || copied == buffer.len() {
            return Ok(memory_meta(frame, copied, pending));
        }
        // More of the same frame may be inflated from what is here.
        match wire.next_event() {
            Ok(Event::Memory(_)) => {}
            // The error is returned by the next call.
            _ => return Ok(memory_meta(frame, copied, 1)),
        }
    }
}

/// Whether `curl_ws_recv` would return something other than `CURLE_AGAIN`. Reads from the socket what there is
/// room for.
pub(super) fn is_readable(wire: &mut Wire) -> bool {
    let mut fills = 0;
    let readable = loop {
        let raw = wire.is_raw() && wire.stream.has_available();
        if raw || wire.has_failed() || wire.connection.is_over() || wire.is_deliverable() {
            break true;
        }
        if fills == FILLS_PER_CALL {
            break false;
        }
        fills += 1;
        match wire.fill() {
            Fill::Data => {}
            Fill::Blocked => break false,
            Fill::End => break true,
        }
    };
    wire.write_pending();
    wire.stream.settle(readable);
    readable
}
