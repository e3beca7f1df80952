//! The presenter's side of a scene: which beat the room reads, what it voted, what really happened.
//!
//! The scene itself is played by the rim; it says here how far it has come. A presenter may take over at any time with
//! the ordinary keys: what then happens is a branch of its own, and `n` or `b` bring the scene back.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crossterm::event::KeyCode;
use serde::{Deserialize, Serialize};

use super::{App, Effect};
use crate::engine::View;
use crate::scenes::{Region, Scene, SceneBeat};
use crate::tui::screen::Screen;

/// How long a pressed key is shown, in ticks of the rim: 2 s.
const CAST_TICKS: u32 = 30;
/// So many keys are shown.
const CAST_KEYS: usize = 3;
/// A vote has at most this many hands.
const HANDS_MAX: u32 = 9999;

/// What is to be done with scenes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SceneAct {
    /// Open the one of this number or id, in a fresh cluster.
    Open(String),
    /// Play the next beat; while one is played, get to its end at once.
    Next,
    /// Go back to where this beat began, or the one before.
    Back,
    /// Close it.
    Leave,
}

/// What the scene does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stance {
    /// It stands still, and the speaker speaks.
    #[default]
    Waits,
    /// A beat is played.
    Plays,
    /// The presenter took over.
    Left,
}

/// A scene on the stage.
#[derive(Clone, Debug)]
pub struct Presenter {
    /// The scene.
    pub scene: Arc<Scene>,
    /// Its place among the scenes that come with the program, from 1, and how many they are.
    pub number: Option<(usize, usize)>,
    /// The beat that the room reads.
    pub beat: usize,
    /// What the scene does.
    pub stance: Stance,
    /// Which option really happened in each beat that asked; or why none can be named.
    pub outcomes: BTreeMap<usize, Result<usize, String>>,
    /// The hands that were counted for each option, by beat.
    pub votes: BTreeMap<usize, Vec<u32>>,
    /// The option whose hands are being counted.
    pub voting: Option<usize>,
    /// Whether only one part of the screen has its borders.
    pub spotlight: bool,
    /// The last keys, if they are shown, with the ticks that are left to each.
    pub cast: Option<VecDeque<(String, u32)>>,
}

/// What the presenter alone reads, in a second terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptBook {
    /// The scene's title.
    pub title: String,
    /// The beat, from 1.
    pub beat: usize,
    /// How many there are.
    pub beats: usize,
    /// What the scene does: `waits`, `plays`, `left`, `over`.
    pub state: String,
    /// What the room reads.
    pub caption: String,
    /// What it is asked.
    pub question: String,
    /// What really happened in the beat before, if the room was asked.
    pub happened: String,
    /// The notes.
    pub notes: Vec<String>,
    /// What the room reads next.
    pub next: String,
}

impl Presenter {
    /// A scene that begins.
    pub fn new(scene: Arc<Scene>, number: Option<(usize, usize)>) -> Self {
        Self {
            scene,
            number,
            beat: 0,
            stance: Stance::default(),
            outcomes: BTreeMap::new(),
            votes: BTreeMap::new(),
            voting: None,
            spotlight: false,
            cast: None,
        }
    }

    /// The beat that the room reads.
    pub fn now(&self) -> Option<&SceneBeat> {
        self.scene.beats.get(self.beat)
    }

    /// Whether nothing comes after this beat.
    pub fn is_over(&self) -> bool {
        self.beat + 1 >= self.scene.beats.len() && self.now().is_none_or(|beat| beat.steps.is_empty())
    }

    /// The part of the screen that the room should look at, if the light is on.
    pub fn lit(&self) -> Option<Region> {
        self.now().and_then(|beat| beat.spotlight).filter(|_| self.spotlight)
    }

    /// What happened in the beat before, in words.
    pub fn happened(&self) -> Option<String> {
        let before = self.beat.checked_sub(1)?;
        let ask = self.scene.beats.get(before)?.ask.as_ref()?;
        let outcome = self.outcomes.get(&before)?;
        Some(match outcome {
            Ok(option) => ask.options.get(*option)?.text.clone(),
            Err(reason) => reason.clone(),
        })
    }

    /// What the presenter alone reads.
    pub fn prompt_book(&self) -> PromptBook {
        let beat = self.now();
        let state = match self.stance {
            Stance::Waits if self.is_over() => "over",
            Stance::Waits => "waits",
            Stance::Plays => "plays",
            Stance::Left => "left",
        };
        PromptBook {
            title: self.scene.title.clone(),
            beat: self.beat + 1,
            beats: self.scene.beats.len(),
            state: state.to_owned(),
            caption: beat.map(|beat| beat.caption.clone()).unwrap_or_default(),
            question: beat.and_then(|beat| Some(beat.ask.as_ref()?.question.clone())).unwrap_or_default(),
            happened: self.happened().unwrap_or_default(),
            notes: beat.map(|beat| beat.notes.clone()).unwrap_or_default(),
            next: self.scene.beats.get(self.beat + 1).map(|beat| beat.caption.clone()).unwrap_or_default(),
        }
    }

    /// A key while hands are counted. Returns whether it was one for that.
    fn count(&mut self, key: KeyCode) -> bool {
        let options = self.now().and_then(|beat| beat.ask.as_ref()).map_or(0, |ask| ask.options.len());
        let Some(at) = self.voting.filter(|at| *at < options) else { return false };
        let hands = self.votes.entry(self.beat).or_insert_with(|| vec![0; options]);
        let Some(here) = hands.get_mut(at) else { return false };
        match key {
            KeyCode::Char(digit @ '0'..='9') => {
                let digit = u32::from(digit) - u32::from('0');
                *here = (*here * 10 + digit).min(HANDS_MAX);
            }
            KeyCode::Backspace => *here /= 10,
            KeyCode::Up | KeyCode::Char('k') => self.voting = Some(at.saturating_sub(1)),
            KeyCode::Down | KeyCode::Char('j' | ' ') | KeyCode::Tab => self.voting = Some((at + 1) % options),
            KeyCode::Enter if at + 1 < options => self.voting = Some(at + 1),
            KeyCode::Enter | KeyCode::Esc | KeyCode::Char('v') => self.voting = None,
            _ => return false,
        }
        true
    }
}

impl App {
    /// Opens a scene: the room sees the stage.
    pub fn open_scene(&mut self, scene: Arc<Scene>, number: Option<(usize, usize)>) {
        let scene = Arc::new(self.keymap.told_scene(&scene));
        self.presenter = Some(Presenter::new(scene, number));
        self.screen = Screen::Stage;
        self.pace.paused = true;
    }

    /// A beat begins to be played.
    pub fn scene_plays(&mut self) {
        if self.cursor.is_some() {
            self.see_live();
        }
        self.pace.paused = false;
        self.screen = Screen::Stage;
        if let Some(presenter) = &mut self.presenter {
            (presenter.stance, presenter.voting) = (Stance::Plays, None);
        }
    }

    /// The beat was played to its end, and the next one is read; what was asked came out like this.
    pub fn scene_arrived(&mut self, outcome: Option<Result<usize, String>>) {
        self.pace.paused = true;
        if let Some(presenter) = &mut self.presenter {
            presenter.stance = Stance::Waits;
            if let Some(outcome) = outcome {
                presenter.outcomes.insert(presenter.beat, outcome);
            }
            presenter.beat = (presenter.beat + 1).min(presenter.scene.beats.len().saturating_sub(1));
        }
    }

    /// The scene is back where a beat begins; the run that was left is no part of it.
    pub fn scene_went_back(&mut self, beat: usize, view: View) {
        self.rewound(view);
        self.screen = Screen::Stage;
        if let Some(presenter) = &mut self.presenter {
            (presenter.stance, presenter.beat, presenter.voting) = (Stance::Waits, beat, None);
            presenter.outcomes.retain(|asked, _| *asked < beat);
        }
    }

    /// The presenter took over. Returns whether that is new.
    pub fn scene_left(&mut self) -> bool {
        let presenter = self.presenter.as_mut().filter(|presenter| presenter.stance != Stance::Left);
        let Some(presenter) = presenter else { return false };
        presenter.stance = Stance::Left;
        let told = "You took over.\n<next-beat> goes on with the scene, <beat-back> brings it back.";
        self.say(self.keymap.told(told));
        true
    }

    /// Begins or ends to count hands.
    pub(super) fn vote(&mut self) {
        let Some(presenter) = &mut self.presenter else { return };
        let asks =
            presenter.now().and_then(|beat| beat.ask.as_ref()).is_some_and(|ask| !ask.options.is_empty());
        match asks && presenter.stance == Stance::Waits {
            true => presenter.voting = Some(0),
            false => self.say("There is nothing to vote about now."),
        }
    }

    /// A key for the votes, while hands are counted.
    pub(in crate::tui) fn count_hands(&mut self, key: KeyCode) -> bool {
        self.presenter.as_mut().is_some_and(|presenter| presenter.count(key))
    }

    /// Turns the light on one part of the stage on or off.
    pub(super) fn turn_light(&mut self) {
        if let Some(presenter) = &mut self.presenter {
            presenter.spotlight = !presenter.spotlight;
        }
    }

    /// Shows the keys that are pressed, or no longer.
    pub(super) fn show_keys(&mut self) {
        if let Some(presenter) = &mut self.presenter {
            presenter.cast = match presenter.cast {
                Some(_) => None,
                None => Some(VecDeque::new()),
            };
        }
    }

    /// A key was pressed: if keys are shown, this one is.
    pub(super) fn cast(&mut self, key: KeyCode) {
        let Some(cast) = self.presenter.as_mut().and_then(|presenter| presenter.cast.as_mut()) else {
            return;
        };
        let label = match key {
            KeyCode::Char(' ') => "space".to_owned(),
            KeyCode::Char(letter) => letter.to_string(),
            other => format!("{other:?}").to_lowercase(),
        };
        cast.push_back((label, CAST_TICKS));
        let extra = cast.len().saturating_sub(CAST_KEYS);
        cast.drain(..extra);
    }

    /// Time goes by for the keys that are shown. Returns whether one is not shown any more.
    pub(super) fn cast_tick(&mut self) -> bool {
        let Some(cast) = self.presenter.as_mut().and_then(|presenter| presenter.cast.as_mut()) else {
            return false;
        };
        let before = cast.len();
        cast.iter_mut().for_each(|(_, left)| *left = left.saturating_sub(1));
        cast.retain(|(_, left)| *left > 0);
        cast.len() != before
    }

    /// Whether a key is shown.
    pub(super) fn is_casting(&self) -> bool {
        let cast = self.presenter.as_ref().and_then(|presenter| presenter.cast.as_ref());
        cast.is_some_and(|cast| !cast.is_empty())
    }

    /// What a command of the presenter means; none if no scene is on the stage.
    pub(super) fn scene_command(&mut self, act: SceneAct) -> Option<Effect> {
        match (&self.presenter, act) {
            (None, _) => {
                let words = "This belongs to scenes: <break> lists them, and kubeloop demo plays them.";
                self.say(self.keymap.told(words));
                None
            }
            // After the last beat comes the next scene, if there is one.
            (Some(presenter), SceneAct::Next) if presenter.is_over() && presenter.stance == Stance::Waits => {
                match presenter.number {
                    Some((number, of)) if number < of => {
                        Some(Effect::Scene(SceneAct::Open((number + 1).to_string())))
                    }
                    _ => {
                        self.say(
                            self.keymap.told("The scene is over. <beat-back> goes back, <quit> closes it."),
                        );
                        None
                    }
                }
            }
            (Some(_), act) => Some(Effect::Scene(act)),
        }
    }
}
