//! `:export`: what is on the screen, what was, and the whole run, as files.

use clap::Subcommand;

/// What is exported.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Export {
    /// This screen, as a picture (FILE.svg) or as text (FILE.txt).
    Screen {
        /// The new file.
        file: String,
    },
    /// Every frame of this session, as an asciicast that asciinema plays (FILE.cast).
    Cast {
        /// The new file.
        file: String,
    },
    /// The run: `kubeloop replay FILE --at TIME` opens it at any time.
    Run {
        /// The new file.
        file: String,
    },
}

impl Export {
    /// What it does, in a few words.
    pub fn words(&self) -> String {
        match self {
            Self::Screen { file } => format!("write this screen into {file}"),
            Self::Cast { file } => format!("write every frame of this session into {file}"),
            Self::Run { file } => format!("write this run into {file}"),
        }
    }
}
