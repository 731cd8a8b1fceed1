//! The same bytes in every segmentation: what is delivered, answered and found wrong must not depend on it.

use super::client::{Client, Delivered, Style};
use super::server::frames;
use crate::ws::deflate::DeflateParams;
use crate::ws::{Config, Frame, ProtocolError, State};

/// Scripts of at most this many bytes are cut in all 2^(n-1) ways.
const SHORT: usize = 9;

/// Those of at most this many at each place, and at each two places.
const MEDIUM: usize = 40;

/// So often, longer ones are cut at random.
const ROUNDS: usize = 20;

/// What a server's bytes led to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// frames that were delivered whole
    pub(super) frames: Vec<Delivered>,
    /// headers that were reported
    pub(super) headers: Vec<Frame>,
    pub(super) error: Option<ProtocolError>,
    /// the client's frames: first byte and payload
    pub(super) sent: Vec<(u8, Vec<u8>)>,
    pub(super) state: State,
    /// without an error: a frame has begun and is not complete
    pub(super) unfinished: bool,
}

/// Gives `script` to a client, in every segmentation, in each style of receiving. An error fails the connection.
pub(super) fn receive(config: Config, script: &[u8]) -> Outcome {
    receive_deflated(config, None, script)
}

/// The same with permessage-deflate.
pub(super) fn receive_deflated(config: Config, deflate: Option<&DeflateParams>, script: &[u8]) -> Outcome {
    let run = |segments: &[&[u8]], short: bool, room: usize| {
        let mut client = Client::with(config, deflate, Style { short, room });
        for segment in segments {
            client.receive(segment);
        }
        outcome(client)
    };
    let whole = run(&[script], false, usize::MAX);
    assert_eq!(run(&[script], true, usize::MAX), whole);
    assert_eq!(run(&[script], true, 1), whole);
    for (round, segments) in segmentations(script).into_iter().enumerate() {
        let room = [usize::MAX, 1, 3][round % 3];
        let cut = run(&segments, round % 2 == 0, room);
        assert_eq!(cut, whole, "{segments:x?}, room for {room}");
    }
    whole
}

fn outcome(mut client: Client) -> Outcome {
    if client.error.is_some() {
        client.fail();
    }
    Outcome {
        sent: frames(&client.output),
        state: client.connection.state(),
        unfinished: client.error.is_none() && client.connection.received_frame().is_some(),
        frames: client.frames,
        headers: client.headers,
        error: client.error,
    }
}

/// All ways to cut a short script, many to cut a longer one.
pub(super) fn segmentations(script: &[u8]) -> Vec<Vec<&[u8]>> {
    let length = script.len();
    let cuts: Vec<Vec<usize>> = match length {
        0 => Vec::new(),
        1..=SHORT => (0..1 << (length - 1)).map(|set| places(set, length)).collect(),
        10..=MEDIUM => (1..length)
            .flat_map(|first| (first..length).map(move |second| vec![first, second]))
            .chain([(1..length).collect()])
            .collect(),
        _ => {
            let mut random = Random(length as u64);
            let mut cuts: Vec<Vec<usize>> = (0..ROUNDS).map(|_| random.cuts(length)).collect();
            cuts.push((1..length).collect());
            cuts
        }
    };
    cuts.iter().map(|cuts| cut(script, cuts)).collect()
}

/// The places at which `set` has a bit.
fn places(set: usize, length: usize) -> Vec<usize> {
    (1..length).filter(|place| set & (1 << (place - 1)) != 0).collect()
}

fn cut<'a>(script: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let starts = [0].into_iter().chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([script.len()]);
    starts.zip(ends).map(|(start, end)| &script[start..end]).collect()
}

/// Numbers that look random and are the same in every run.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % bound
    }

    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.below(256) as u8).collect()
    }

    fn cuts(&mut self, length: usize) -> Vec<usize> {
        let mut cuts: Vec<usize> = (0..1 + self.below(20)).map(|_| self.below(length + 1)).collect();
        cuts.sort_unstable();
        cuts
    }
}

#[test]
fn every_segmentation_is_the_same_script() {
    assert_eq!(segmentations(b"abc").len(), 4);
    assert_eq!(segmentations(b"abc")[0], [b"abc"]);
    assert_eq!(segmentations(b"abc")[3], [b"a", b"b", b"c"]);
    for length in [1, 2, 9, 10, 40, 41, 1000] {
        let script = Random(1).bytes(length);
        let all = segmentations(&script);
        assert!(all.iter().all(|segments| segments.concat() == script));
        assert!(all.iter().any(|segments| segments.len() == length));
    }
}
