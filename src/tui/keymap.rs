//! Every key with what it does. The hint line, the help and the keys themselves come from this table; a [`Keymap`] is
//! the table with the keys that the user likes better.

mod bound;
mod groups;
mod hints;
pub mod names;
mod told;

use crossterm::event::KeyCode;

use super::screen::Screen;
pub use bound::{Bound, Conflict, Keymap};
pub use groups::Group;
pub use hints::{Hint, Situation};
pub use told::{MENU, names as told_names};

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
    /// Go to the panel before.
    LastPanel,
    /// Give the whole screen to this panel, or give it back.
    Zoom,
    /// To the left.
    Left,
    /// To the right.
    Right,
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
    /// Edit it outside, in the user's own editor.
    EditOutside,
    /// Send the edited text to the cluster.
    Apply,
    /// Write the edited text to its file.
    Save,
    /// Say what will happen before seeing it.
    Predict,
    /// A hint for the lesson.
    Hint,
    /// The next page of the lesson.
    NextPage,
    /// The page before.
    LastPage,
    /// Begin the step or the lesson again.
    Again,
    /// What the lessons left one with.
    Cards,
    /// Play the scene's next beat.
    NextBeat,
    /// Back to where the scene's beat began.
    BeatBack,
    /// Count the hands of the room.
    Vote,
    /// Light on one part of the stage.
    Spotlight,
    /// Show the keys that are pressed.
    Keycast,
    /// Take the last step back.
    Undo,
    /// Do again what was taken back.
    Redo,
    /// Open what is selected.
    Open,
    /// Open the inspector on the object that the screen is about.
    Describe,
    /// Show the selected pod's logs.
    Logs,
    /// Go to a screen.
    Go(Screen),
    /// One event back.
    StepBack,
    /// The loop that looks after the selected object.
    Loop,
    /// The whole difference.
    Diff,
    /// The runs that were left, beside this one.
    Branches,
    /// In plain words, in Kubernetes words, exactly.
    Vocabulary,
    /// More time on the screen.
    Wider,
    /// Less time on the screen, more of each moment.
    Finer,
    /// Make the moment that is shown the present, and forget what came after it.
    Fork,
    /// Show what really runs.
    XRay,
    /// The next theme.
    Theme,
    /// Unicode or ASCII signs.
    Ascii,
    /// The keys.
    Help,
    /// Type a command.
    CommandLine,
    /// Show only some rows.
    Filter,
    /// Wait for the letter of a place to go to.
    GoTo,
    /// Go to the owner of the selected object: the Deployment of a pod.
    ToOwner,
    /// Go to the node of the selected pod.
    ToNode,
    /// Go to a Service of the selected pod.
    ToService,
    /// Go to the API server: the wire.
    ToApi,
    /// Change the number of pods.
    Scale,
    /// Copy the name of the selected object.
    Copy,
    /// Take the mouse, or leave it to the terminal.
    Mouse,
    /// Back to what was before: never out.
    Back,
    /// Back, and out.
    Quit,
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
    /// The screens on which it does something; empty: on all.
    pub screens: &'static [Screen],
    /// What kubectl has for it; empty if it has nothing. `KIND` and `NAME` stand for the selected object.
    pub kubectl: &'static str,
}

impl Binding {
    /// Whether it stands in the hint line of a screen. Hints for lessons are of use only where a lesson is read.
    fn is_hinted(&self, screen: Screen) -> bool {
        if screen == Screen::Stage {
            return self.rank > 0 && (self.screens.contains(&screen) || matches!(self.command, Pause | Help));
        }
        // On the other screens they bring the scene back: of use only in a demo.
        if matches!(self.command, NextBeat | BeatBack) {
            return false;
        }
        let hint = self.command == Hint && screen == Screen::Learn;
        (self.rank > 0 && self.is_on(screen)) || hint
    }

    /// Whether it does something on a screen.
    pub fn is_on(&self, screen: Screen) -> bool {
        self.screens.is_empty() || self.screens.contains(&screen)
    }
}

macro_rules! bindings {
    ($( [$($key:expr),+] $label:literal $command:expr, $hint:literal $rank:literal [$($screen:ident),*] $help:literal; )*) => {
        /// The table. A key means the same wherever it means something.
        pub const BINDINGS: &[Binding] = &[ $( Binding {
            keys: &[$($key),+], label: $label, command: $command, hint: $hint, help: $help, rank: $rank,
            screens: &[$(Screen::$screen),*], kubectl: kubectl(&$command),
        }, )* ];
    };
}

/// What kubectl has for a command.
const fn kubectl(command: &Command) -> &'static str {
    match command {
        Describe => "kubectl describe KIND NAME",
        Logs => "kubectl logs NAME",
        Edit | EditOutside => "kubectl edit KIND NAME",
        Apply => "kubectl apply -f FILE",
        Scale => "kubectl scale KIND NAME --replicas=N",
        Why => "kubectl get events (and much guessing)",
        _ => "",
    }
}

use Command::*;
use KeyCode::{Char, End, Esc, Home, Tab};

bindings! {
    [Char(' ')] "spc" Pause, "pause" 1 [] "Pause the clock, or let it run. The API goes on answering.";
    [Char('.')] "." StepEvent, "step" 2 [] "One event forward; the clock pauses.";
    [Char(',')] "," StepBack, "back" 0 [] "One event back, into the past; the clock pauses.";
    [Char('K')] "K" Break, "break" 3 [] "Break something: the selected object, its node, or the control plane.";
    [Char('w')] "w" Why, "why" 4 [] "Why is this so? The chain of causes of what happened last to it.";
    [Char('e')] "e" Edit, "edit" 5 [] "Edit its manifest here; nothing is sent before you apply or save it.";
    [Char('E')] "E" EditOutside, "edit outside" 0 [] "Edit its manifest in your $EDITOR; the cluster follows when you save.";
    [Char('a')] "a" Apply, "apply" 1 [Yaml] "Send this text to the cluster, as kubectl apply does; the file stays as it is.";
    [Char('s')] "s" Save, "save" 2 [Yaml] "Write the file; the cluster follows.";
    [Char('P')] "P" Predict, "predict" 3 [Yaml] "Say first what will happen, then see what is expected.";
    [Char('u')] "u" Undo, "undo" 0 [] "While a file is edited: take the last edit back. Elsewhere: take back what you did last; what you broke by rewinding, what you changed by sending what was there before.";
    [Char('r')] "r" Redo, "redo" 0 [Yaml] "Do again what was taken back.";
    [Char('>')] ">" NextEvent, "skip" 7 [] "Skip to the next thing that happens.";
    [KeyCode::Enter] "enter" Open, "open" 0 [] "Open what is selected: on the Cluster screen everything about the object, elsewhere what the screen has.";
    [Char('o')] "o" Unfold, "unfold" 0 [Cluster, Learn] "Unfold or fold the selected row.";
    [Char('i')] "i" Describe, "describe" 0 [] "Everything about the object that the screen is about: who wrote each field, what would make it fit.";
    [Char('l')] "l" Logs, "logs" 0 [] "Show what the selected pod's containers printed.";
    [Char('x')] "x" XRay, "x-ray" 0 [] "Show what really runs on the nodes, whatever the API says.";
    [Char('f')] "f" Follow, "follow" 0 [] "Follow mode: slow enough to see each step, quick through long waits.";
    [Char('0')] "0" RealTime, "1x" 0 [] "Real time.";
    [Char('-')] "-" Slower, "slower" 0 [] "Slower.";
    [Char('+'), Char('=')] "+" Faster, "faster" 0 [] "Faster.";
    [KeyCode::Up, Char('k')] "up" Up, "up" 0 [] "Select what stands above.";
    [KeyCode::Down, Char('j')] "down" Down, "down" 0 [] "Select what stands below.";
    [Home] "home" First, "top" 0 [] "Go to the first one.";
    [End] "end" Last, "end" 0 [] "Go to the last one; from the past, back to live.";
    [KeyCode::PageUp] "pgup" PageUp, "page up" 0 [] "A page up.";
    [KeyCode::PageDown] "pgdn" PageDown, "page down" 0 [] "A page down.";
    [Char('F')] "F" Fork, "fork" 0 [] "In the past: go on from here, and forget what came after it.";
    [KeyCode::Left] "left" Left, "left" 0 [] "Select what stands to the left; on Time, go to the moment before.";
    [KeyCode::Right] "right" Right, "right" 0 [] "Select what stands to the right; on Time, go to the moment after.";
    [Tab] "tab" NextPanel, "panel" 8 [] "The next panel (in a small terminal, one is shown at a time).";
    [KeyCode::BackTab] "S-tab" LastPanel, "last panel" 0 [] "The panel before.";
    [Char('z')] "z" Zoom, "zoom" 0 [Cluster, Loop, Time, Yaml, Learn] "The whole screen for this panel, and back.";
    [Char('1')] "1" Go(Screen::Cluster), "cluster" 0 [] "The whole cluster.";
    [Char(':')] ":" CommandLine, "command" 6 [] "Type a command: the dashboard's own words, or kubectl.";
    [Char('/')] "/" Filter, "filter" 0 [] "Show only rows that contain what you type; Esc shows all.";
    [Char('g')] "g" GoTo, "go to" 0 [] "Go to: then a letter says where.";
    [Char('S')] "S" Scale, "scale" 0 [] "Change the number of pods of the selected workload.";
    [Char('y')] "y" Copy, "copy" 0 [] "Copy the name of the selected object.";
    [Char('m')] "m" Mouse, "mouse" 0 [] "Mouse on or off; off, the terminal selects text.";
    [Char('L')] "L" Command::Loop, "its loop" 0 [] "The loop that looks after the selected object, under the glass.";
    [Char('d')] "d" Diff, "diff" 6 [Time, Yaml] "Everything that this write changed, or that this edit will change.";
    [Char('B')] "B" Branches, "runs" 0 [] "The runs that you left by forking: compare one with this run, or take it up.";
    [Char('V')] "V" Vocabulary, "words" 0 [] "Tell it in plain words, in Kubernetes words, or exactly as it was recorded.";
    [Char('(')] "(" Wider, "wider" 0 [Time] "More time on the screen.";
    [Char(')')] ")" Finer, "finer" 0 [Time] "Less time on the screen, more of each moment.";
    [Char('2')] "2" Go(Screen::Loop), "loop" 0 [] "One loop: what woke it, what it sees, compares, does, waits for.";
    [Char('3')] "3" Go(Screen::Time), "time" 0 [] "What happened when, and why.";
    [Char('4')] "4" Go(Screen::Yaml), "YAML" 0 [] "A manifest in an editor, and what the edit will cause.";
    [Char('5')] "5" Go(Screen::Learn), "learn" 0 [] "The course: lessons that you take in a cluster of their own.";
    [Char('n')] "n" NextPage, "next page" 1 [Learn] "The next page of the lesson, once its step is passed.";
    [Char('h')] "h" Hint, "hint" 0 [] "A hint for the lesson: it looks at what you did. Ask again for more.";
    [Char('b')] "b" LastPage, "page before" 0 [Learn] "The page before, to read it again.";
    [Char('r')] "r" Again, "once more" 3 [Learn] "This step again, the lesson again, with fresh eyes, or the sandbox.";
    [Char('c')] "c" Cards, "cards" 2 [Learn] "What the lessons that you passed leave you with, and what your answers show of your beliefs.";
    [Char('n')] "n" NextBeat, "next beat" 1 [Stage, Cluster, Loop, Time] "In a demo: play the scene's next beat up to what it waits for; while one plays, get there at once.";
    [Char('b')] "b" BeatBack, "beat back" 2 [Stage, Cluster, Loop, Time] "In a demo: rewind the scene to where this beat began, or the one before.";
    [Char('v')] "v" Vote, "vote" 3 [Stage] "Count the hands of the room: type a number for each answer, enter goes on.";
    [Char('z')] "z" Spotlight, "spotlight" 4 [Stage] "Light on the part of the stage that the beat is about.";
    [Char('c')] "c" Keycast, "show my keys" 5 [Stage] "Show the last three keys that you pressed.";
    [Char('T')] "T" Theme, "theme" 0 [] "The next theme.";
    [Char('A')] "A" Ascii, "ascii" 0 [] "ASCII signs, for terminals whose fonts lack the others.";
    [Char('?')] "?" Help, "keys" 9 [] "All keys.";
    [Esc] "esc" Back, "leave" 0 [] "Back: closes what is open, shows all rows again, leaves the past, returns to the first screen. Never quits.";
    [Char('q')] "q" Quit, "quit" 10 [] "Back, as Esc; on the first screen, quit.";
}

/// Where `g` and a letter go.
pub const PLACES: &[(char, Command, &str)] = &[
    ('g', First, "top"),
    ('e', Last, "end"),
    ('d', ToOwner, "its owner"),
    ('n', ToNode, "its node"),
    ('s', ToService, "its service"),
    ('l', Command::Loop, "its loop"),
    ('c', Why, "its cause (why)"),
    ('a', ToApi, "the API server"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_has_two_meanings_on_a_screen() {
        for screen in Screen::ALL.iter().chain([&Screen::Stage]) {
            let here = BINDINGS.iter().filter(|binding| binding.is_on(*screen));
            let keys: Vec<&KeyCode> = here.flat_map(|binding| binding.keys).collect();
            for (index, key) in keys.iter().enumerate() {
                assert!(!keys[index + 1..].contains(key), "{key:?} on {screen:?}");
            }
        }
    }
}
