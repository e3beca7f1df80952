//! What keys do: whoever takes text first, then the screen that is shown, then the dashboard.

use crossterm::event::KeyCode;

use super::{App, Effect, Flow, LessonAct, Overlay, PAGE, SceneAct};
use crate::kubectl;
use crate::lessons::session::Ask;
use crate::tui::command::PromptKind;
use crate::tui::glyphs::Glyphs;
use crate::tui::keymap::{self, Command};
use crate::tui::pace::Mode;
use crate::tui::screen::Screen;
use crate::tui::screens;

/// What is said to who would change the past.
const PAST: &str = "This is the past: it cannot be changed. End goes back to live, <fork> goes on from here.";

impl App {
    /// A key was pressed.
    pub fn key(&mut self, key: KeyCode) -> Option<Effect> {
        self.cast(key);
        self.answered();
        // Somebody is at work: what moves on its own is in the way, except for whoever is on the way to it.
        let on_the_way = matches!(self.keymap.command(key, self.screen), Some(Command::Up | Command::Down));
        self.glow.end(|uid| on_the_way || uid == self.selected);
        self.comets.end();
        let effect = match (self.prompt.take(), self.overlay.take()) {
            (Some(prompt), overlay) => {
                self.overlay = overlay;
                self.prompt_key(prompt, key)
            }
            (None, Some(overlay)) => self.overlay_key(overlay, key),
            (None, None) if self.going.take().is_some() => self.go(key),
            (None, None) => match screens::key(self, key) {
                Flow::Done(effect) => effect,
                Flow::Pass => match self.keymap.command(key, self.screen) {
                    Some(command) => self.run(command),
                    None => self.say_where(key),
                },
            },
        };
        let effect = self.unless_past(effect);
        self.unless_lesson_forbids(effect)
    }

    /// Does what a command says: the screen that is shown first, then the dashboard.
    pub(in crate::tui) fn run(&mut self, command: Command) -> Option<Effect> {
        self.note_deed(command);
        // To quit is to go back as long as there is something to go back to.
        let asked = if command == Command::Quit { Command::Back } else { command };
        match screens::command(self, asked) {
            Flow::Done(effect) => effect,
            Flow::Pass => self.command(command),
        }
    }

    /// A key that means nothing on this screen says where it does.
    fn say_where(&mut self, key: KeyCode) -> Option<Effect> {
        let bound = self.keymap.all().iter().find(|bound| bound.keys.contains(&key))?;
        let screens = bound.binding.screens.iter().map(|screen| match screen {
            Screen::Stage => "the stage of a demo".to_owned(),
            screen => format!("{} ({})", screen.name(false), screen.digit()),
        });
        let screens = screens.collect::<Vec<_>>().join(" and ");
        self.say(format!("{} ({}) belongs to {screens}.", bound.label, bound.binding.hint));
        None
    }

    /// The letter after `g`.
    fn go(&mut self, key: KeyCode) -> Option<Effect> {
        let place = keymap::PLACES.iter().find(|(letter, ..)| key == KeyCode::Char(*letter));
        place.and_then(|(_, command, _)| self.run(*command))
    }

    /// A text was pasted.
    pub fn paste(&mut self, text: &str) -> Option<Effect> {
        let Some(prompt) = &mut self.prompt else { return self.paste_yaml(text) };
        prompt.insert(text);
        prompt.look(&self.view);
        None
    }

    /// The past is read-only: what would act in it is refused with a word about what to do instead.
    fn unless_past(&mut self, effect: Option<Effect>) -> Option<Effect> {
        let writes = |line: &str| !kubectl::only_looks(line);
        let acts = matches!(
            effect,
            Some(
                Effect::Input(_)
                    | Effect::Chaos { .. }
                    | Effect::RunTo(_)
                    | Effect::Edit(_)
                    | Effect::Prune(_)
                    | Effect::Undo
                    | Effect::Apply { .. }
                    | Effect::Save { .. }
            )
        ) || matches!(&effect, Some(Effect::Kubectl(line)) if writes(line));
        if self.cursor.is_none() || !acts {
            return effect;
        }
        self.say(self.keymap.told(PAST));
        None
    }

    pub(super) fn command(&mut self, command: Command) -> Option<Effect> {
        match command {
            Command::Up => self.select(-1),
            Command::Down => self.select(1),
            Command::PageUp => self.select(-(PAGE as isize)),
            Command::PageDown => self.select(PAGE as isize),
            Command::First => self.select(isize::MIN / 2),
            Command::Last if self.cursor.is_some() => self.see_live(),
            Command::Last => self.select(isize::MAX / 2),
            Command::Open | Command::Unfold => self.describe(),
            Command::NextPanel | Command::LastPanel | Command::Left | Command::Right => {}
            Command::Zoom => {
                self.zoomed = !self.zoomed;
                self.refresh();
            }
            Command::Pause if self.cursor.is_some() => self.say(self.keymap.told(PAST)),
            Command::Pause => self.pace.paused = !self.pace.paused,
            Command::StepEvent => return self.step_forward(),
            Command::StepBack => return self.step_back(),
            Command::Fork => match self.cursor {
                Some(at) => return Some(Effect::Fork(at)),
                None => self.say(
                    self.keymap.told("<fork> goes on from a moment of the past; go back with <back> first"),
                ),
            },
            Command::Go(screen) => {
                if screen != self.screen {
                    self.before = self.screen;
                }
                self.screen = screen;
                self.refresh();
            }
            Command::NextEvent => return self.skip(),
            Command::Slower => self.pace.shift(false),
            Command::Faster => self.pace.shift(true),
            Command::RealTime => self.pace.real_time(),
            Command::Follow => self.pace.set(Mode::Follow),
            Command::Break => return self.open_breaks(),
            // Only some screens know these.
            Command::Diff | Command::Wider | Command::Finer => {}
            Command::Apply | Command::Save | Command::Predict | Command::Redo => {}
            Command::NextPage | Command::LastPage | Command::Again => {}
            Command::Cards => return Some(Effect::Lesson(LessonAct::Cards(String::new()))),
            Command::Hint if self.lesson().is_some() => {
                return Some(Effect::Lesson(LessonAct::Ask(Ask::Hint)));
            }
            Command::Hint => self.say(self.keymap.told("Hints belong to lessons: <learn> opens the course.")),
            Command::NextBeat => return self.scene_command(SceneAct::Next),
            Command::BeatBack => return self.scene_command(SceneAct::Back),
            Command::Vote => self.vote(),
            Command::Spotlight => self.turn_light(),
            Command::Keycast => self.show_keys(),
            Command::Undo => return Some(Effect::Undo),
            Command::Loop => return screens::loop_of_selection(self),
            Command::Branches => self.open_branches(),
            Command::Why => self.why(),
            Command::Edit if self.cursor.is_some() => self.say(self.keymap.told(PAST)),
            Command::Edit => return screens::edit_selection(self),
            Command::EditOutside => return self.target().map(Effect::Edit),
            Command::Vocabulary => {
                self.vocabulary = self.vocabulary.next();
                self.say(format!("told in {}", self.vocabulary.name()));
                self.refresh();
            }
            Command::Describe => self.describe(),
            Command::Logs => self.logs(),
            Command::XRay => {
                self.x_ray = !self.x_ray;
                self.refresh();
            }
            Command::Theme => {
                self.theme = self.theme.next();
                self.say(format!("theme {}", self.theme.name));
            }
            Command::Ascii => {
                self.glyphs = match self.glyphs {
                    Glyphs::Unicode => Glyphs::Ascii,
                    Glyphs::Ascii => Glyphs::Unicode,
                };
            }
            Command::Help => self.overlay = Some(Overlay::Help { at: 0, search: String::new() }),
            Command::CommandLine => self.ask(PromptKind::Command, ""),
            Command::Filter if self.screen == Screen::Yaml => {
                self.say("A filter is for the rows of a table; here is none.");
            }
            Command::Filter => {
                self.filter.clear();
                self.ask(PromptKind::Filter, "");
            }
            Command::GoTo => self.going = Some(0),
            Command::ToOwner | Command::ToNode | Command::ToService => self.go_to_related(command),
            Command::ToApi => self.go_to_wire(),
            Command::Scale => self.scale(),
            Command::Copy => {
                let name = self.target()?.key.name.to_string();
                self.say(format!("copied {name}"));
                return Some(Effect::Copy(name));
            }
            Command::Mouse => {
                self.mouse = !self.mouse;
                let words =
                    if self.mouse { "mouse on; <mouse> leaves it to the terminal" } else { "mouse off" };
                self.say(self.keymap.told(words));
                return Some(Effect::Mouse(self.mouse));
            }
            Command::Back if self.go_back() => {}
            Command::Back => self.say(self.keymap.told("This is the first screen. <quit> quits.")),
            Command::Quit if self.presenter.is_some() && self.screen == Screen::Stage => {
                return Some(Effect::Scene(SceneAct::Leave));
            }
            Command::Quit if self.go_back() => {}
            Command::Quit => return self.leave(),
        }
        None
    }

    /// Undoes the last thing that is in the way of the ordinary picture; returns whether there was one.
    fn go_back(&mut self) -> bool {
        let home = self.first_screen();
        // The ordinary session can be left from the cluster, too, whichever screen it was opened with.
        let ordinary = self.presenter.is_none() && self.lesson().is_none();
        let first = self.screen == home || (ordinary && self.screen == Screen::Cluster);
        if !self.filter.is_empty() {
            self.filter.clear();
            self.refresh();
        } else if self.toasts.iter().any(|toast| toast.error) {
            self.toasts.retain(|toast| !toast.error);
        } else if self.cursor.is_some() {
            self.see_live();
        } else if self.zoomed {
            self.zoomed = false;
            self.refresh();
        } else if !first {
            self.leave_screen();
        } else {
            return false;
        }
        true
    }

    /// The screen on which nothing is left to go back to.
    fn first_screen(&self) -> Screen {
        match (&self.presenter, self.lesson()) {
            (Some(_), _) => Screen::Stage,
            (None, Some(_)) => Screen::Learn,
            (None, None) => self.home,
        }
    }

    /// To the screen from which one came; from there the way back leads to the first screen.
    pub(in crate::tui) fn leave_screen(&mut self) {
        let home = self.first_screen();
        let there = if self.before == self.screen { home } else { self.before };
        self.command(Command::Go(there));
        self.before = home;
    }
}
