//! `ripsaw emoji`: which field gets which emoji.

use clap::Args;
use ripsaw::emoji::{Emoji, Layer, matrix};

/// What the printed contract consists of.
#[derive(Debug, Args, Clone, PartialEq, Eq)]
pub(crate) struct EmojiArgs {
    /// Built-in layers: llm, database, http, task_queue [default: none, which gives domain, action and status]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = layer)]
    layers: Vec<Layer>,
}

impl EmojiArgs {
    /// The contract as text that ends with a line feed.
    pub(crate) fn text(self) -> String {
        let matrix = matrix(&Emoji::new().layers(self.layers));
        format!("{}\n", matrix.trim_end_matches('\n'))
    }
}

fn layer(name: &str) -> Result<Layer, String> {
    Layer::named(name.trim()).map_err(|error| format!("no such layer; {}", error.remedy()))
}
