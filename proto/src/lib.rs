//! What agent and collector share, and neither owns: the wire between them and the words of both.
//! Knows no clock, no socket, no thread but one that panics, and no files but those that somebody named.

// The messages of the wire, version 1.
pub mod wire;

// How many, how large and how old they may be.
pub mod limits;

// Settings, by what they say.
pub mod settings;

// From when to when a certificate is good.
pub mod certificate;

// What can be pinged, as it is written.
pub mod targets;

// Sets of sequences: which frames are there.
pub mod sequences;

// Files that somebody named.
pub mod files;

// The metrics that we name, with type, unit, labels and help.
pub mod catalogue;

// What metrics and labels may be called, and the labels that both sides speak of.
pub mod metric;

// What BigBlueButton's settings say of media, and how that is told.
pub mod media;

// Series as Prometheus text.
pub mod exposition;

// Quantities as people write them.
pub mod units;

// A configuration, with all its mistakes at once.
pub mod configuration;

// An error with all its causes, in one line.
pub mod chain;

// What a log tells again, and how often.
pub mod seldom;

// Panics: counted, and caught or the end.
pub mod panics;

// How much a log tells.
pub mod log;
