//! Every key with what it does. The hint line, the help and the keys themselves come from this table.

use crossterm::event::KeyCode;

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Select the row above.
    Up,
    /// Select the row below.
    Down,
    /// Select the first row.
    First,
    /// Select the last row.
    Last,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Unfold or fold the selected row.
    Unfold,
    /// Go to the next panel.
    NextPanel,
    /// Pause or run.
    Pause,
    /// One event forward.
    StepEvent,
    /// On to the next thing that happens.
    NextEvent,
    /// Slower.
    Slower,
    /// Faster.
    Faster,
    /// Real time.
    RealTime,
    /// As fast as it can be followed.
    Follow,
    /// Open the break menu.
    Break,
    /// Why is the selected thing as it is?
    Why,
    /// Edit the selected object's manifest.
    Edit,
    /// Show the selected object's YAML.
    Describe,
    /// Show the selected pod's logs.
    Logs,
    /// Delete the selected pod.
    Delete,
    /// Show what really runs.
    XRay,
    /// The next theme.
    Theme,
    /// Unicode or ASCII signs.
    Ascii,
    /// The keys.
    Help,
    /// Back, and out.
    Back,
}

/// A key, its command, and how it is explained.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// The keys that do it; the first one is shown.
    pub keys: &'static [KeyCode],
    /// How the key is shown.
    pub label: &'static str,
    /// What it does.
    pub command: Command,
    /// In a word or two, for the hint line.
    pub hint: &'static str,
    /// In a sentence, for the help.
    pub help: &'static str,
    /// Where it stands in the hint line, smaller first; 0 is nowhere.
    pub rank: u8,
}

macro_rules! bindings {
    ($( [$($key:expr),+] $label:literal $command:ident $hint:literal $rank:literal $help:literal; )*) => {
        /// The table.
        pub const BINDINGS: &[Binding] = &[ $( Binding {
            keys: &[$($key),+], label: $label, command: Command::$command, hint: $hint, help: $help, rank: $rank,
        }, )* ];
    };
}

use KeyCode::{Char, Down, End, Esc, Home, PageDown, PageUp, Tab, Up};

bindings! {
    [Char(' ')] "spc" Pause "pause" 1 "Pause the clock, or let it run. The API goes on answering.";
    [Char('.')] "." StepEvent "step" 2 "One event forward; the clock pauses.";
    [Char('K')] "K" Break "break" 3 "Break something: the selected object, its node, or the control plane.";
    [Char('w')] "w" Why "why" 4 "Why is this so? The chain of causes of what happened last to it.";
    [Char('e')] "e" Edit "edit" 5 "Edit its manifest in your $EDITOR; the cluster follows when you save.";
    [Char('d')] "d" Delete "delete" 6 "Delete the selected pod, as kubectl delete pod does.";
    [Char('>')] ">" NextEvent "skip" 7 "Skip to the next thing that happens.";
    [Char('o'), KeyCode::Enter] "o" Unfold "unfold" 0 "Unfold or fold the selected row.";
    [Char('i')] "i" Describe "describe" 0 "Show the object as kubectl get -o yaml does.";
    [Char('l')] "l" Logs "logs" 0 "Show what the selected pod's containers printed.";
    [Char('x')] "x" XRay "x-ray" 0 "Show what really runs on the nodes, whatever the API says.";
    [Char('f')] "f" Follow "follow" 0 "Follow mode: slow enough to see each step, quick through long waits.";
    [Char('0')] "0" RealTime "1x" 0 "Real time.";
    [Char('-')] "-" Slower "slower" 0 "Slower.";
    [Char('+'), Char('=')] "+" Faster "faster" 0 "Faster.";
    [Up, Char('k')] "up" Up "up" 0 "Select the row above.";
    [Down, Char('j')] "down" Down "down" 0 "Select the row below.";
    [Home] "home" First "top" 0 "Select the first row.";
    [End] "end" Last "end" 0 "Select the last row.";
    [PageUp] "pgup" PageUp "page up" 0 "A page up.";
    [PageDown] "pgdn" PageDown "page down" 0 "A page down.";
    [Tab] "tab" NextPanel "panel" 0 "The next panel (in a small terminal, one is shown at a time).";
    [Char('T')] "T" Theme "theme" 0 "The next theme.";
    [Char('A')] "A" Ascii "ascii" 0 "ASCII signs, for terminals whose fonts lack the others.";
    [Char('?')] "?" Help "keys" 8 "All keys.";
    [Char('q'), Esc] "q" Back "quit" 9 "Back; on the top level, quit.";
}

/// The command of a key.
pub fn command(key: KeyCode) -> Option<Command> {
    BINDINGS.iter().find(|binding| binding.keys.contains(&key)).map(|binding| binding.command)
}

/// The bindings of the hint line, most useful first.
pub fn hints() -> Vec<&'static Binding> {
    let mut hints: Vec<&Binding> = BINDINGS.iter().filter(|binding| binding.rank > 0).collect();
    hints.sort_by_key(|binding| binding.rank);
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_has_two_meanings() {
        let keys: Vec<&KeyCode> = BINDINGS.iter().flat_map(|binding| binding.keys).collect();
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys[index + 1..].contains(key), "{key:?}");
        }
    }
}
