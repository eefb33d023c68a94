//! What a statement gives, in the text protocol.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html>

use super::packet::{read_length, read_string};
use crate::net::codec::reader::Reader;

/// What a statement may give in all.
const LONGEST: usize = 64 * 1024;

/// What a packet takes of it beside its payload.
const OVERHEAD: usize = 32;

/// Tables have 4,096 columns at most.
const COLUMNS: usize = 4096;

/// How far an answer is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Begin,
    /// So many columns are still to come.
    Columns(usize),
    Rows,
}

/// The columns and the rows of an answer; none of both after a statement that gives none.
#[derive(Debug, Default)]
pub struct Table {
    state: State,
    taken: usize,
    columns: Vec<Vec<u8>>,
    rows: Vec<Vec<u8>>,
}

impl Table {
    /// The longest payload that can still be added.
    pub fn room(&self) -> usize {
        LONGEST.saturating_sub(self.taken)
    }

    /// Adds a packet that is no error; whether it was the last one. Nothing where it is malformed.
    pub fn add(&mut self, payload: Vec<u8>) -> Option<bool> {
        self.taken = self.taken.saturating_add(payload.len() + OVERHEAD);
        // EOF; a row that began so would be longer than 16 MiB.
        let end = payload.len() < 9 && payload.first() == Some(&0xfe);
        match self.state {
            State::Begin if payload.first() == Some(&0) => return Some(true),
            State::Begin => {
                // NULL would ask for a file of ours.
                let count = read_length(&mut Reader::new(&payload))??;
                if count > COLUMNS {
                    return None;
                }
                self.state = State::Columns(count);
            }
            State::Columns(0) if end => self.state = State::Rows,
            State::Columns(left) => {
                let mut fields = Reader::new(&payload);
                for _catalog_schema_table_and_its_own_name in 0..4 {
                    read_string(&mut fields)??;
                }
                self.columns.push(read_string(&mut fields)??.to_vec());
                self.state = State::Columns(left.checked_sub(1)?);
            }
            State::Rows if end => return Some(true),
            State::Rows => self.rows.push(payload),
        }
        Some(false)
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is a column, so that the statement was one that gives rows.
    pub fn has_columns(&self) -> bool {
        !self.columns.is_empty()
    }

    /// The value in a row of the first column with one of these names; nothing without such a one, `Some(None)` if NULL.
    pub fn named(&self, row: usize, names: &[&str]) -> Option<Option<&[u8]>> {
        let found = |column: &Vec<u8>| names.iter().any(|name| column.eq_ignore_ascii_case(name.as_bytes()));
        self.cell(row, self.columns.iter().position(found)?)
    }

    /// The value in a row and a column.
    pub fn cell(&self, row: usize, column: usize) -> Option<Option<&[u8]>> {
        let mut fields = Reader::new(self.rows.get(row)?);
        for _ in 0..column {
            read_string(&mut fields)?;
        }
        read_string(&mut fields)
    }
}
