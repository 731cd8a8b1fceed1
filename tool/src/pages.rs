//! `wscurl-pages FOLDER`: writes the manual page and the completions of `wscurl`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::{Shell, generate_to};
use clap_mangen::Man;

#[path = "args.rs"]
#[allow(dead_code, reason = "only the command line's description is used")]
mod args;

mod fields;

/// What clap does not know. `@FIELDS@` stands for those of `--write-out`.
const SECTIONS: &str = include_str!("../manual.roff");

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: wscurl-pages FOLDER")?);
    fs::create_dir_all(&folder)?;
    let mut command = args::Args::command();
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        generate_to(shell, &mut command, "wscurl", &folder)?;
    }
    let man = Man::new(command);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    page.extend_from_slice(SECTIONS.replace("@FIELDS@\n", &fields()).as_bytes());
    fs::write(folder.join("wscurl.1"), page)?;
    Ok(())
}

fn fields() -> String {
    let one = |(name, what): (&str, &str)| format!(".TP\n.B {name}\n{what}\n");
    fields::FIELDS.into_iter().map(one).collect()
}
