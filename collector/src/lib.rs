//! Headroom's collector: takes in what agents send, keeps it, answers questions about it and draws it.
//! In reading order: what comes in, what lies there, what is made of it, who shows it, who runs it.

// The clock, read in one place.
pub mod clock;

// How moments are counted and written.
pub mod moments;

// Texts of others without control characters.
pub mod printable;

// A failure that repeats itself, told once.
pub mod complaint;

// Tables as CSV.
pub mod sheet;

// A configuration file, checked as a whole.
pub mod configuration;

// Which agent a token stands for.
pub mod identity;

// Round trips between cities as others measured them.
pub mod reference;

// Costs: bills, their split over organisations, and balances.
pub mod costs;

// Contracts for traffic, and what a month comes to by each.
pub mod contracts;

// Offers of servers: what each costs and carries, and which suits.
pub mod offers;

// Connections: who is let in, and who is cut off.
pub mod connections;

// Folders for their owner alone.
pub mod folder;

// Open files.
pub mod descriptors;

// What is kept in bounded memory, by key.
pub mod kept;

// How soon freed memory is given back.
pub mod allocator;

// The door: what agents and Prometheus send, and what of it may pass.
pub mod ingest;

// The one writer: what has passed becomes durable, and so do the collector's own numbers.
pub mod writer;

// The seam for reading: what every engine that keeps samples can be asked.
pub mod samples;

// The embedded engine, on this machine's disk.
pub mod store;

// Stack for what nests deep.
pub mod stack;

// PromQL over the seam.
pub mod promql;

// Rules: alerts and recordings, moment by moment.
pub mod rules;

// Who is told what, and when: groups by cause, calls, answers.
pub mod oncall;

// Counters to rates, values to columns and figures.
pub mod query;

// How far away datacentres are: places, rounds, and what they mean for a conversation.
pub mod latency;

// The links of a host, to the byte.
pub mod links;

// What past days of hosts were at most, kept when their samples go.
pub mod days;

// Graphs as data: defined, gathered, drawn, exported.
pub mod graphs;

// Each host at a glance.
pub mod fleet;

// Rooms and people, now and today.
pub mod rooms;

// Capacity: what rooms ask of a host, and how sure that is.
pub mod planning;

// Reports for planners, read from hosts' past.
pub mod reports;

// Alerts on their way to Alertmanagers.
pub mod alertmanagers;

// Messages on their way to receivers.
pub mod delivery;

// What receivers would get, and whether they do: `headroom notify`.
pub mod notify;

// Pages, pictures and the query API over HTTP.
pub mod web;

// What the collector counts about itself.
pub mod telemetry;

// Who asks a collector over HTTP: `headroom query`.
pub mod client;

// All that a collector keeps, copied and put back.
pub mod snapshot;

// Rules on trial: `headroom rules test`.
pub mod trials;

// Rules over the past: `headroom rules replay`.
pub mod replays;

// Named tasks that end together.
pub mod tasks;

// What the programs are made of: `headroom licences`.
pub mod licences;

// A collector: `headroom serve`.
pub mod run;

// A collector with an agent for this host: `headroom up`.
pub mod up;

// A collector before a simulated cooperative: `headroom demo`.
pub mod demo;
