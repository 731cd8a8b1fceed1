//! The table against the enum that the C header is made of, row by row.

use super::*;
use crate::types::option::curl_easytype::*;

/// The enumerators of `CURLoption` as its source has them, `CURLOPT_LASTENTRY` left out.
fn enumerators() -> impl Iterator<Item = (&'static str, u32)> {
    include_str!("../option.rs").lines().filter_map(|line| {
        let (name, number) = line
            .strip_prefix("    CURLOPT_")?
            .strip_suffix(',')?
            .split_once(" = ")?;
        (name != "LASTENTRY").then(|| (name, number.parse().unwrap()))
    })
}

fn name(row: &Row) -> &'static str {
    row.name.to_str().unwrap()
}

#[test]
fn every_enumerator_has_a_row_under_its_name() {
    for (wanted, number) in enumerators() {
        let row = find(number).unwrap_or_else(|| panic!("CURLOPT_{wanted} has no row in the table"));
        assert_eq!(name(row), wanted, "the name in the row of CURLOPT_{wanted}");
        assert_eq!(format!("{:?}", row.option), format!("CURLOPT_{wanted}"));
    }
}

#[test]
fn every_row_has_an_enumerator_of_its_own() {
    let current: Vec<&Row> = TABLE.iter().filter(|row| !row.is_old_name()).collect();
    for row in &current {
        let found = find(row.option as u32).map(name);
        assert_eq!(
            found,
            Some(name(row)),
            "two rows have the number of CURLOPT_{}",
            name(row)
        );
    }
    assert_eq!(current.len(), enumerators().count());
}

#[test]
fn rows_are_sorted_by_name_and_our_own_come_last() {
    let order = |row: &Row| (row.is_own(), row.name);
    for pair in TABLE.windows(2) {
        assert!(
            order(&pair[0]) < order(&pair[1]),
            "{} is in the wrong place",
            name(&pair[1])
        );
    }
}

#[test]
fn a_number_holds_the_type_of_its_argument() {
    for row in TABLE {
        let step = match row.kind {
            CURLOT_LONG | CURLOT_VALUES => 0,
            CURLOT_OBJECT | CURLOT_STRING | CURLOT_SLIST | CURLOT_CBPTR => 1,
            CURLOT_FUNCTION => 2,
            CURLOT_OFF_T => 3,
            CURLOT_BLOB => 4,
        };
        assert_eq!(row.option as u32 / TYPE_STEP, step, "the type of CURLOPT_{}", name(row));
    }
}

#[test]
fn an_old_name_has_the_type_of_the_current_one() {
    for row in TABLE.iter().filter(|row| row.is_old_name()) {
        let current = find(row.option as u32).unwrap();
        assert_eq!(row.kind, current.kind, "CURLOPT_{}", name(row));
        assert!(!current.is_old_name(), "CURLOPT_{}", name(row));
    }
}

#[test]
fn other_numbers_are_no_options() {
    for number in [0, 5, 400, 432, 5000, 5999, 9999, 10_333, 20_001, 50_000, u32::MAX] {
        assert!(find(number).is_none(), "{number}");
    }
}
