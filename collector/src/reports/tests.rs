//! From what agents tell, through the store, to what the report says.

mod bad_input;
mod days;
mod host;
mod seams;
