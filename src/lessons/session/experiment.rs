//! Experiments: what would happen, found out on a copy of the cluster.

use super::asked::moments_from;
use super::files::LearnerFiles;
use crate::engine::{Engine, View};
use crate::lessons::lesson::{Matrix, MatrixColumn, MatrixRow};
use crate::lessons::pattern::VIA_LESSON;
use crate::script::Runner;

/// The cells of a table, row by row: each is tried on its own copy of the cluster.
pub(super) fn table(matrix: &Matrix, base: &View, files: &LearnerFiles) -> Vec<Vec<bool>> {
    let row = |row: &MatrixRow| matrix.columns.iter().map(|column| cell(row, column, base, files)).collect();
    matrix.rows.iter().map(row).collect()
}

fn cell(row: &MatrixRow, column: &MatrixColumn, base: &View, files: &LearnerFiles) -> bool {
    let mut engine = Engine::ahead_of(base);
    let start = engine.now();
    let mut moments = moments_from(start);
    moments.observe(column.holds.inner(), engine.world());
    for steps in [&row.steps, &column.steps] {
        let watch = |engine: &mut Engine| moments.observe(column.holds.inner(), engine.world());
        let runner =
            Runner::steps(steps, files, &mut engine).via(VIA_LESSON).with_saved(files.texts().clone());
        let (_report, _saved) = runner.on_every_instant(watch).resume(start);
    }
    let end = engine.now() + column.within;
    while engine.world().next_time().is_some_and(|next| next <= end) {
        engine.step_instant();
        moments.observe(column.holds.inner(), engine.world());
    }
    engine.run_until(end);
    column.holds.evaluate(engine.world(), &moments).holds()
}
