//! Setting the scene: the cluster of a lesson, with everything in it that the lesson begins with.

use smol_str::{SmolStr, format_smolstr};

use super::{LearnerFiles, Trouble};
use crate::engine::driver::Driver;
use crate::engine::{Act, Engine, Input};
use crate::expression::facts::is_settled;
use crate::lessons::lesson::Lesson;
use crate::lessons::pattern::VIA_LESSON;
use crate::script::{Action, ApplySource, Cue, Held, Runner, Step, is_up};
use crate::time::Span;

/// How long news may be on the way to the proxies.
const SPREAD: Span = Span::secs(2);
/// How long a cluster may take to come up.
const BOOT: Span = Span::secs(120);

/// Switches the cluster of a lesson on, applies its files, does what is done before it begins, waits until all is
/// settled, and lets the clients come.
pub(super) fn build(
    lesson: &Lesson,
    files: &LearnerFiles,
    seed: Option<u64>,
    driver: Box<dyn Driver>,
) -> Result<Engine, Trouble> {
    let mut config = lesson.world.config(&lesson.images, seed);
    // Requests before there is anybody to answer would only fail.
    let traffic = std::mem::take(&mut config.traffic);
    let mut engine = Engine::new(config, driver);
    engine.run_while(BOOT, is_up);
    let applied = lesson.files.iter().filter(|file| file.applied).map(|file| Step {
        action: Action::Apply { source: ApplySource::Path(file.name.clone()), expect_error: None },
        cue: Cue::Next,
        line: file.place.line,
        column: file.place.column,
    });
    let steps: Vec<Step> = applied.chain(lesson.setup.iter().cloned()).collect();
    let start = engine.now();
    let runner = Runner::steps(&steps, files, &mut engine).via(VIA_LESSON).with_saved(files.texts().clone());
    let (report, _saved) = runner.resume(start);
    if let Some(finding) = report.findings.iter().find(|finding| finding.held != Held::Held) {
        return Err(Trouble {
            file: lesson.file.clone(),
            line: finding.line,
            column: finding.column,
            message: finding.detail.clone(),
        });
    }
    engine.run_while(lesson.settle, is_settled);
    // What is so in the API is a little later so on every node.
    engine.run_until(engine.now() + SPREAD);
    for (service, per_second) in traffic {
        let title: SmolStr = format_smolstr!("clients begin to use {service}");
        engine.apply(Input::new(VIA_LESSON, title, Act::Traffic { service, per_second }));
    }
    Ok(engine)
}
