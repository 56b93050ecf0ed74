//! The build of what the browser gets: `cargo xtask build [--release]`.
//!
//! It compiles `frontend` to wasm, makes its JavaScript bindings, bundles `style/main.css` and copies `public/`.
//!
//! | | development | `--release` |
//! |---|---|---|
//! | folder | `target/site-dev` | `target/site` |
//! | cargo profile | `wasm-dev` | `wasm-release`, then `wasm-opt -Oz` |
//! | names | `pkg/foyer.js`, `.wasm`, `.css` | `pkg/foyer.HASH.js`, `.wasm`, `.css` |
//! | beside each text and wasm file | | its `.br` |
//! | in the folder | | `hash.txt`, `sizes.json` |
//!
//! All three names carry one hash, of all their contents; `hash.txt` says it in the form that `LeptosOptions` with
//! `hash_files` reads. The same files are found with `hash_files` off and `foyer.HASH` as the output name.

mod assets;
mod bindings;
mod compress;
mod release;
mod site;
mod sizes;
mod step;
mod style;
mod wasm;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask build [--release] [--style-only]

  build                builds the site for development into target/site-dev
  build --release      builds the optimised site into target/site and holds its size against xtask/budget.json
  build --style-only   only bundles style/ and copies public/ into target/site-dev";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["build"] => site::build_for_development(),
        ["build", "--style-only"] => site::build_style_only(),
        ["build", "--release"] => release::build(),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
