//! The requests to each Service on the time axis of the lanes, so that a failure stands under what caused it.
//!
//! ```text
//!  svc/login   ▮▮▮▮▮▮▮▮▮▮▯▯▮▮▮▮▮▮
//! ```

use ratatui::text::Line;

use super::lanes::{Cells, line};
use super::window::Window;
use crate::network::{Bucket, ServiceTraffic};
use crate::time::{Span, VirtualTime};
use crate::tui::app::App;
use crate::tui::glyphs::Sign;
use crate::tui::theme::Role;

/// A row for each Service that clients asked within the window, at most so many.
pub(super) fn ribbons<'a>(app: &App, window: &Window, most: usize) -> Vec<Line<'a>> {
    let Some(look) = app.live.traffic() else { return Vec::new() };
    let rows = look.services.iter().filter_map(|(service, traffic)| {
        let cells = cells(app, window, traffic);
        let is_empty = cells.iter().all(|(sign, _)| *sign == ' ');
        (!is_empty).then(|| line(app, &format!("svc/{}", service.name), cells, false))
    });
    rows.take(most).collect()
}

/// How well the requests of a second went, better first.
fn severity(bucket: &Bucket) -> usize {
    match (bucket.ok, bucket.failed) {
        (_, 0) => 0,
        (1.., _) => 1,
        (0, _) => 2,
    }
}

/// A sign for each column: where several seconds share one, the worst of them.
fn cells(app: &App, window: &Window, traffic: &ServiceTraffic) -> Cells {
    let looks = [(Sign::AllOk, Role::Ok), (Sign::SomeFailed, Role::Warn), (Sign::AllFailed, Role::Bad)];
    let mut worst: Vec<Option<usize>> = vec![None; window.width];
    for bucket in &traffic.buckets {
        let from = VirtualTime::from_micros(bucket.second * 1_000_000);
        // The last moment of a second still belongs to it.
        let to = from + Span::micros(999_999);
        let Some((first, last)) = window.columns(from, to) else { continue };
        for column in &mut worst[first..=last] {
            *column = (*column).max(Some(severity(bucket)));
        }
    }
    let cell = |worst: Option<usize>| {
        let Some((sign, role)) = worst.and_then(|worst| looks.get(worst)) else { return (' ', Role::Text) };
        (app.glyphs.sign(*sign).chars().next().unwrap_or(' '), *role)
    };
    worst.into_iter().map(cell).collect()
}
