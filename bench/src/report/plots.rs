//! The plots: SVG with a white ground, to be read on any page.

use std::path::Path;

use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::numbers::{number, size};
use crate::Result;
use crate::case::SIZES;
use crate::contender::{RAW, RAW_TLS};
use crate::results::{Results, Timing};

/// A plot that has been drawn.
pub(super) struct Plot {
    pub(super) title: &'static str,
    pub(super) file: &'static str,
}

pub(super) const SHORT_FILE: &str = "benchmark-short.svg";
pub(super) const SHORT_TITLE: &str = "CPU time of one message, by client";

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// The title of a panel, and its series: a contender with its points.
type Panel = (String, Vec<(String, Vec<(f64, f64)>)>);

const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(40, 40, 40);
const FAINT: RGBColor = RGBColor(225, 225, 225);

/// Who is drawn, in which colour: us, the two limits, and one way of using each other client.
const COLORS: [(&str, RGBColor); 9] = [
    ("wscurl", RGBColor(214, 39, 40)),
    ("libcurl", RGBColor(31, 78, 160)),
    ("tungstenite", RGBColor(44, 140, 70)),
    ("fastwebsockets", RGBColor(148, 103, 189)),
    ("tokio-websockets", RGBColor(230, 140, 20)),
    ("yawc", RGBColor(23, 170, 190)),
    ("libwebsockets", RGBColor(140, 86, 75)),
    (RAW, RGBColor(110, 110, 110)),
    (RAW_TLS, RGBColor(110, 110, 110)),
];

pub(super) fn draw(docs: &Path, results: &Results) -> Result<Vec<Plot>> {
    let mut plots = Vec::new();
    let speed = |timing: &Timing| timing.messages_per_second.median;
    let per_byte = |timing: &Timing| timing.cpu_microseconds.median * 1e3 / timing.case.size as f64;
    let lines = [
        (
            "ws",
            "Messages a second, ws",
            "benchmark-messages.svg",
            &speed as &dyn Fn(&Timing) -> f64,
        ),
        (
            "ws",
            "CPU time of a byte, ws: nanoseconds",
            "benchmark-cpu.svg",
            &per_byte,
        ),
        (
            "wss",
            "CPU time of a byte, wss: nanoseconds",
            "benchmark-cpu-wss.svg",
            &per_byte,
        ),
    ];
    for (scheme, title, file, value) in lines {
        let panels = [("send", "send"), ("receive", "receive"), ("pingpong", "ping-pong")]
            .map(|(work, name)| (name.to_owned(), by_size(results, scheme, work, value)));
        if panels.iter().any(|(_, series)| !series.is_empty()) {
            draw_lines(&docs.join(file), title, &panels, &|at| sized(at))?;
            plots.push(Plot { title, file });
        }
    }
    let title = "CPU time of one event among many connections, ws: microseconds";
    let file = "benchmark-events.svg";
    let panels = events(results);
    if panels.iter().all(|(_, series)| !series.is_empty()) {
        draw_lines(&docs.join(file), title, &panels, &|at| {
            CONNECTIONS.get(at).map(|(_, title)| (*title).to_owned())
        })?;
        plots.push(Plot { title, file });
    }
    draw_bars(&docs.join(SHORT_FILE), results)?;
    plots.push(Plot {
        title: SHORT_TITLE,
        file: SHORT_FILE,
    });
    Ok(plots)
}

const CONNECTIONS: [(usize, &str); 3] = [(1, "1"), (100, "100"), (10_000, "10,000")];

fn sized(at: usize) -> Option<String> {
    SIZES.get(at).map(|bytes| size(*bytes))
}

fn by_size(
    results: &Results,
    scheme: &str,
    work: &str,
    value: &dyn Fn(&Timing) -> f64,
) -> Vec<(String, Vec<(f64, f64)>)> {
    series(|contender| {
        let timings = SIZES.iter().enumerate().filter_map(|(at, size)| {
            let timing = results.timing(&format!("{scheme}/{work}/{size}"), contender)?;
            Some((at as f64, value(timing)))
        });
        timings.collect()
    })
}

/// One panel for each way of waiting that libcurl's interface has.
fn events(results: &Results) -> Vec<Panel> {
    let ways = [
        ("CONNECT_ONLY; other clients", ""),
        ("curl_multi_socket_action", ", socket events"),
        ("curl_multi_perform", ", perform"),
    ];
    let panel = |(title, way): &(&str, &str)| {
        let series = series(|contender| {
            let points = CONNECTIONS.iter().enumerate().filter_map(|(at, (connections, _))| {
                let cpu = results.cpu(&format!("ws/hop/16/{connections}"), &format!("{contender}{way}"))?;
                Some((at as f64, cpu))
            });
            points.collect()
        });
        ((*title).to_owned(), series)
    };
    ways.iter().map(panel).collect()
}

fn series(points: impl Fn(&str) -> Vec<(f64, f64)>) -> Vec<(String, Vec<(f64, f64)>)> {
    let all = COLORS
        .iter()
        .map(|(contender, _)| ((*contender).to_owned(), points(contender)));
    all.filter(|(_, points)| !points.is_empty()).collect()
}

fn color(contender: &str) -> RGBColor {
    COLORS
        .iter()
        .find(|(name, _)| *name == contender)
        .map_or(INK, |(_, color)| *color)
}

fn text(points: u32) -> TextStyle<'static> {
    (FONT, points).into_font().color(&INK)
}

/// Panels side by side, one legend below.
fn draw_lines(file: &Path, title: &str, panels: &[Panel], label: &dyn Fn(usize) -> Option<String>) -> Result<()> {
    let root = SVGBackend::new(file, (1200, 520)).into_drawing_area();
    root.fill(&WHITE)?;
    root.draw(&Text::new(title.to_owned(), (24, 16), text(22)))?;
    let (body, legend) = root.margin(50, 0, 8, 16).split_vertically(420);
    for (area, (name, series)) in body.split_evenly((1, panels.len())).iter().zip(panels) {
        draw_panel(area, name, series, label)?;
    }
    let mut named: Vec<&str> = Vec::new();
    for (contender, _) in panels.iter().flat_map(|(_, series)| series) {
        if !named.contains(&contender.as_str()) {
            named.push(contender);
        }
    }
    draw_legend(&legend, &named)?;
    root.present()?;
    Ok(())
}

fn draw_panel(
    area: &Area,
    name: &str,
    series: &[(String, Vec<(f64, f64)>)],
    label: &dyn Fn(usize) -> Option<String>,
) -> Result<()> {
    let points = || series.iter().flat_map(|(_, points)| points.iter().copied());
    let (least, most) = points().fold((f64::MAX, f64::MIN), |(least, most), (_, y)| {
        (least.min(y), most.max(y))
    });
    let last = points().fold(0.0, |last: f64, (x, _)| last.max(x));
    if series.is_empty() {
        return Ok(());
    }
    let mut chart = ChartBuilder::on(area)
        .caption(name, text(17))
        .margin(6)
        .x_label_area_size(30)
        .y_label_area_size(66)
        .build_cartesian_2d(-0.25..last + 0.25, decades(least, most).log_scale())?;
    chart
        .configure_mesh()
        .x_labels(last as usize + 1)
        .x_label_formatter(&|x| {
            if x.fract() == 0.0 {
                label(*x as usize).unwrap_or_default()
            } else {
                String::new()
            }
        })
        .y_label_formatter(&|y| axis_number(*y))
        .label_style(text(13))
        .bold_line_style(FAINT)
        .light_line_style(WHITE)
        .axis_style(INK)
        .draw()?;
    // Ours is drawn last, over the others.
    for (contender, points) in series.iter().rev() {
        let color = color(contender);
        let width = if contender == "wscurl" { 4 } else { 2 };
        if contender.starts_with("raw") {
            let dashes = DashedPathElement::new(points.iter().copied(), 6, 5, color.stroke_width(width));
            chart.draw_series(std::iter::once(dashes))?;
        } else {
            chart.draw_series(LineSeries::new(points.iter().copied(), color.stroke_width(width)))?;
            chart.draw_series(
                points
                    .iter()
                    .map(|point| Circle::new(*point, width + 1, color.filled())),
            )?;
        }
    }
    Ok(())
}

/// Whole powers of ten around.
fn decades(least: f64, most: f64) -> std::ops::Range<f64> {
    10f64.powf(least.log10().floor()) * 0.999..10f64.powf((most * 1.05).log10().ceil())
}

/// Without needless decimals.
fn axis_number(value: f64) -> String {
    if value >= 100.0 {
        return number(value);
    }
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn draw_legend(area: &Area, contenders: &[&str]) -> Result<()> {
    let mut x = 40;
    for contender in contenders {
        let color = color(contender);
        let width = if *contender == "wscurl" { 4 } else { 2 };
        area.draw(&PathElement::new([(x, 16), (x + 24, 16)], color.stroke_width(width)))?;
        let style = text(15).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw(&Text::new((*contender).to_owned(), (x + 30, 16), style))?;
        x += 52 + contender.len() as i32 * 8;
    }
    Ok(())
}

/// Bars of the works that tell most, each on its own scale.
fn draw_bars(file: &Path, results: &Results) -> Result<()> {
    let works = [
        ("send 16 B", "ws/send/16"),
        ("receive a stream of 16 B", "ws/receive/16"),
        ("ping-pong of 16 B", "ws/pingpong/16"),
        ("send 64 KiB", "ws/send/65536"),
        ("receive 64 KiB", "ws/receive/65536"),
        ("receive 64 KiB, wss", "wss/receive/65536"),
    ];
    let root = SVGBackend::new(file, (1200, 640)).into_drawing_area();
    root.fill(&WHITE)?;
    root.draw(&Text::new(
        format!("{SHORT_TITLE}: microseconds, less is better"),
        (24, 16),
        text(22),
    ))?;
    let body = root.margin(56, 12, 20, 20);
    for (area, (title, name)) in body.split_evenly((2, 3)).iter().zip(works) {
        draw_bar_panel(area, title, results, name)?;
    }
    root.present()?;
    Ok(())
}

fn draw_bar_panel(area: &Area, title: &str, results: &Results, name: &str) -> Result<()> {
    const NAMES: i32 = 126;
    const BARS: i32 = 180;
    const ROW: i32 = 28;
    area.draw(&Text::new(title.to_owned(), (4, 4), text(17)))?;
    let found: Vec<(&str, f64)> = COLORS
        .iter()
        .filter_map(|(contender, _)| Some((*contender, results.cpu(name, contender)?)))
        .collect();
    let most = found.iter().fold(0.0, |most: f64, (_, cpu)| most.max(*cpu));
    for (row, (contender, cpu)) in found.iter().enumerate() {
        let y = 36 + row as i32 * ROW;
        let middle = y + ROW / 2 - 4;
        let end = NAMES + (cpu / most * f64::from(BARS)).max(1.0) as i32;
        let right = text(14).pos(Pos::new(HPos::Right, VPos::Center));
        let left = text(14).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw(&Text::new((*contender).to_owned(), (NAMES - 6, middle), right))?;
        area.draw(&Rectangle::new(
            [(NAMES, y), (end, y + ROW - 8)],
            color(contender).filled(),
        ))?;
        area.draw(&Text::new(number(*cpu), (end + 6, middle), left))?;
    }
    Ok(())
}
