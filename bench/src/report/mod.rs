//! What was found, for people: on the terminal, in `docs/`, and the short table of the README.

mod markdown;
mod numbers;
mod plots;
mod table;
mod tables;

use std::path::Path;

use crate::Result;
use crate::limits::Limit;
use crate::results::{self, Results};

/// Between these the README's part is replaced.
const README: &str = "README.md";
const BEGIN: &str = "<!-- benchmark -->\n";
const END: &str = "<!-- /benchmark -->";

/// For the terminal: the tables that the page has, too.
pub(crate) fn text(results: &Results, limits: &[Limit]) -> String {
    let limits = tables::limits(limits).text();
    let tables = tables::all(results)
        .into_iter()
        .map(|(title, table)| format!("{title}\n\n{}", table.text()));
    tables
        .chain([format!("Limits\n\n{limits}")])
        .collect::<Vec<_>>()
        .join("\n")
}

/// The page, the plots, the numbers, and the README's part.
pub(crate) fn write(docs: &Path, results: &Results, limits: &[Limit]) -> Result<()> {
    std::fs::create_dir_all(docs)?;
    std::fs::write(docs.join(results::FILE), serde_json::to_string(results)? + "\n")?;
    let plots = plots::draw(docs, results)?;
    std::fs::write(docs.join("benchmark.md"), markdown::page(results, limits, &plots))?;
    write_readme(results)
}

fn write_readme(results: &Results) -> Result<()> {
    let readme = std::fs::read_to_string(README)?;
    if let Some((before, rest)) = readme.split_once(BEGIN)
        && let Some((_, after)) = rest.split_once(END)
    {
        std::fs::write(
            README,
            format!("{before}{BEGIN}{}{END}{after}", markdown::readme(results)),
        )?;
    }
    Ok(())
}
