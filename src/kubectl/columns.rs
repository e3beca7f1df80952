//! Columns: text with tabs, aligned as Go's `text/tabwriter` does it, which kubectl prints everything with.
//!
//! A cell is what ends with a tab. Cells of neighbouring lines that stand in the same place form a column; a
//! line that has no such cell ends the column. So two tables in one text do not align with each other, and
//! the last cell of a line is never padded.

/// How wide columns are made.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    /// A column is at least this wide, padding included.
    least: usize,
    /// Spaces after the widest cell.
    padding: usize,
}

/// The tables of `kubectl get` (`printers.GetNewTabWriter`).
pub const TABLE: Columns = Columns { least: 6, padding: 3 };
/// Everything that `kubectl describe` prints.
pub const DESCRIPTION: Columns = Columns { least: 0, padding: 2 };

impl Columns {
    /// The text with spaces in place of its tabs.
    pub fn align(self, text: &str) -> String {
        let lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
        let mut aligned = String::with_capacity(text.len() * 2);
        self.block(&lines, &mut Vec::new(), &mut aligned);
        // Every line was ended; the last one has no end in the text.
        aligned.pop();
        aligned
    }

    /// Writes lines of which the first `widths.len()` columns have their widths.
    fn block(self, lines: &[Vec<&str>], widths: &mut Vec<usize>, out: &mut String) {
        let column = widths.len();
        let has_cell = |line: &Vec<&str>| column + 1 < line.len();
        let mut rest = lines;
        while let Some(start) = rest.iter().position(has_cell) {
            let (plain, from) = rest.split_at(start);
            write_lines(plain, widths, out);
            let end = from.iter().position(|line| !has_cell(line)).unwrap_or(from.len());
            let (block, after) = from.split_at(end);
            let cells = block.iter().filter_map(|line| line.get(column));
            let widest = cells.map(|cell| cell.chars().count() + self.padding).max().unwrap_or(0);
            widths.push(widest.max(self.least));
            self.block(block, widths, out);
            widths.pop();
            rest = after;
        }
        write_lines(rest, widths, out);
    }
}

fn write_lines(lines: &[Vec<&str>], widths: &[usize], out: &mut String) {
    for line in lines {
        for (at, cell) in line.iter().enumerate() {
            out.push_str(cell);
            if let Some(width) = widths.get(at).filter(|_| at + 1 < line.len()) {
                let gap = width.saturating_sub(cell.chars().count());
                out.extend(std::iter::repeat_n(' ', gap));
            }
        }
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_with_their_neighbours_only() {
        let text = "NAME\tREADY\tAGE\nweb-1\t1/1\t5s\n\nKEY\tVALUE\na\tlong enough\n";
        assert_eq!(
            TABLE.align(text),
            "NAME    READY   AGE\nweb-1   1/1     5s\n\nKEY   VALUE\na     long enough\n"
        );
        assert_eq!(
            DESCRIPTION.align("a:\tb\n  long:\tc\nplain\nx:\ty"),
            "a:       b\n  long:  c\nplain\nx:  y"
        );
    }

    #[test]
    fn an_empty_cell_keeps_its_place() {
        assert_eq!(DESCRIPTION.align("a\t\tb\nlonger\tx\tc\n"), "a          b\nlonger  x  c\n");
    }
}
