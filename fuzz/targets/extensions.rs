//! The negotiation of permessage-deflate: an offer and an answer, as `Sec-WebSocket-Extensions` has them.

use std::slice;

use crate::ws::deflate::DeflateParams;
use crate::ws::handshake::{Extension, parse_extensions};

/// A list that is read reads the same when it is written down, and what is agreed on is what both sides have said.
pub fn extensions(data: &[u8]) {
    let mut lines = data.splitn(2, |byte| *byte == b'\n').map(parse_extensions);
    let (Some(Some(offers)), Some(Some(answers))) = (lines.next(), lines.next()) else {
        return;
    };
    for list in [&offers, &answers] {
        assert_eq!(parse_extensions(written(list).as_bytes()).as_ref(), Some(list));
    }
    let offered: Vec<_> = offers.iter().map(parameters).collect();
    for answer in &answers {
        let Ok(agreed) = DeflateParams::new(&offered, &parameters(answer)) else {
            continue;
        };
        check(agreed, answer);
        // One of the offers is enough, and no other changes what is agreed on.
        let fitting = offered
            .iter()
            .filter_map(|offer| DeflateParams::new(slice::from_ref(offer), &parameters(answer)).ok());
        let fitting: Vec<_> = fitting.collect();
        assert!(!fitting.is_empty() && fitting.iter().all(|one| *one == agreed));
    }
}

fn check(agreed: DeflateParams, answer: &Extension) {
    let value = |name: &str| {
        let mut values = answer.params.iter().filter(|param| param.name == name);
        let first = values.next().map(|param| param.value.clone());
        assert!(values.next().is_none(), "{name} twice");
        first
    };
    assert_eq!(agreed.server_takeover, value("server_no_context_takeover").is_none());
    assert_eq!(agreed.client_takeover, value("client_no_context_takeover").is_none());
    for (name, bits) in [
        ("server_max_window_bits", agreed.server_window_bits),
        ("client_max_window_bits", agreed.client_window_bits),
    ] {
        assert!((8..=15).contains(&bits));
        let said = value(name).map(|value| value.expect("a value"));
        assert_eq!(said.unwrap_or_else(|| "15".to_owned()), bits.to_string());
    }
}

fn parameters(extension: &Extension) -> Vec<(&str, Option<&str>)> {
    let params = extension.params.iter();
    params
        .map(|param| (param.name.as_str(), param.value.as_deref()))
        .collect()
}

fn written(list: &[Extension]) -> String {
    let one = |extension: &Extension| {
        let params = extension.params.iter().map(|param| match &param.value {
            Some(value) => format!("; {}=\"{value}\"", param.name),
            None => format!("; {}", param.name),
        });
        params.fold(extension.name.clone(), |text, param| text + &param)
    };
    list.iter().map(one).collect::<Vec<_>>().join(", ")
}
