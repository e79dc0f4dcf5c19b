//! How many connections there are, whether there is room for one more, and who goes for it: the one
//! that has kept silent for longest. Decides only.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::ConnectionLimits;
use crate::identity::network;
use crate::telemetry::Shut;

/// The most peers that are remembered as known: agents come from fewer.
const REMEMBERED: usize = 65_536;

/// Whose a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Nobody's that is known, and it has asked nothing yet.
    Silent,
    /// Nobody's that is known.
    Stranger,
    /// Somebody's who showed a known token.
    Known,
}

/// One that is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entered {
    /// Its number, never given twice.
    pub number: u64,
    /// The number of the one that must end for it.
    pub ended: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Member {
    peer: IpAddr,
    standing: Standing,
}

/// The strangers of one peer.
#[derive(Debug, Default)]
struct Peer {
    strangers: usize,
    silent: BTreeSet<u64>,
}

/// The connections of one listener, in numbers.
pub struct Book {
    limits: ConnectionLimits,
    next: u64,
    members: HashMap<u64, Member>,
    by_peer: HashMap<IpAddr, Peer>,
    /// Those that have asked nothing yet, the oldest first.
    silent: BTreeMap<u64, IpAddr>,
    /// Peers on whose connections a known token was shown.
    known: HashSet<IpAddr>,
}

impl Book {
    pub fn new(limits: ConnectionLimits) -> Self {
        Self {
            limits,
            next: 0,
            members: HashMap::new(),
            by_peer: HashMap::new(),
            silent: BTreeMap::new(),
            known: HashSet::new(),
        }
    }

    /// Takes one more, a silent stranger's at first, in place of another if there is no room.
    pub fn enter(&mut self, address: IpAddr) -> Result<Entered, Shut> {
        let peer = network(address);
        let known = self.known.contains(&peer);
        let of_peer = self.by_peer.get(&peer);
        let most = if known { self.limits.all / 2 } else { 0 }.max(self.limits.per_peer);
        let proxy = self.limits.proxies.contains(&address.to_canonical());
        let too_many = !proxy && of_peer.is_some_and(|peer| peer.strangers >= most);
        // A quarter is left to those who were known before.
        let kept = if known { 0 } else { self.limits.all / 4 };
        let ended = if too_many {
            let oldest = of_peer.and_then(|peer| peer.silent.first());
            Some(*oldest.ok_or(Shut::Peer)?)
        } else if self.members.len() >= self.limits.all - kept {
            let full = self.members.len() >= self.limits.all;
            let oldest = self.silent.first_key_value();
            Some(*oldest.ok_or(if full { Shut::Full } else { Shut::Reserved })?.0)
        } else {
            None
        };
        if let Some(ended) = ended {
            self.leave(ended);
        }
        let number = self.next;
        self.next += 1;
        self.add(number, Member { peer, standing: Standing::Silent });
        Ok(Entered { number, ended })
    }

    /// It asks something, so that it is ended for no other any more.
    pub fn ask(&mut self, number: u64) {
        if self.is(number, Standing::Silent) {
            self.change(number, Standing::Stranger);
        }
    }

    /// A known token was shown on it.
    pub fn recognise(&mut self, number: u64) {
        let Some(Member { peer, .. }) = self.change(number, Standing::Known) else { return };
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(peer);
    }

    /// It is a stranger's again.
    pub fn forget(&mut self, number: u64) {
        self.change(number, Standing::Stranger);
    }

    /// It has ended, if it was not ended before.
    pub fn leave(&mut self, number: u64) {
        self.remove(number);
    }

    fn is(&self, number: u64, standing: Standing) -> bool {
        self.members.get(&number).is_some_and(|member| member.standing == standing)
    }

    fn change(&mut self, number: u64, standing: Standing) -> Option<Member> {
        let member = self.remove(number)?;
        self.add(number, Member { standing, ..member });
        Some(member)
    }

    fn add(&mut self, number: u64, member: Member) {
        let Member { peer, standing } = member;
        self.members.insert(number, member);
        match standing {
            Standing::Known => return,
            Standing::Stranger => {}
            Standing::Silent => {
                self.silent.insert(number, peer);
                self.by_peer.entry(peer).or_default().silent.insert(number);
            }
        }
        self.by_peer.entry(peer).or_default().strangers += 1;
    }

    fn remove(&mut self, number: u64) -> Option<Member> {
        let member = self.members.remove(&number)?;
        self.silent.remove(&number);
        let of_peer = self.by_peer.get_mut(&member.peer);
        if let Some(peer) = of_peer.filter(|_| member.standing != Standing::Known) {
            peer.silent.remove(&number);
            peer.strangers -= 1;
            if peer.strangers == 0 {
                self.by_peer.remove(&member.peer);
            }
        }
        Some(member)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    fn book(all: usize, per_peer: usize) -> Book {
        let proxies = [peer(99)].into();
        Book::new(ConnectionLimits { all, per_peer, proxies })
    }

    /// How many of a peer that ask something are let in, and why no more.
    fn fill(book: &mut Book, peer: IpAddr) -> (usize, Shut) {
        let mut count = 0;
        loop {
            match book.enter(peer) {
                Ok(Entered { number, .. }) => book.ask(number),
                Err(shut) => return (count, shut),
            }
            count += 1;
        }
    }

    #[test]
    fn one_peer_of_strangers_leaves_room_for_others() {
        let mut book = book(100, 10);
        assert_eq!(fill(&mut book, peer(1)), (10, Shut::Peer));
        assert_eq!(fill(&mut book, peer(2)), (10, Shut::Peer));
        book.leave(0);
        assert_eq!(fill(&mut book, peer(1)), (1, Shut::Peer));
        assert_eq!(fill(&mut book, peer(99)), (55, Shut::Reserved), "a proxy's are many people's");
    }

    #[test]
    fn who_keeps_silent_for_longest_goes_first() {
        let mut book = book(100, 3);
        let mut enter =
            |last| book.enter(peer(last)).map(|entered| (entered.number, entered.ended));
        assert_eq!(enter(2), Ok((0, None)));
        assert_eq!([1, 1, 1].map(&mut enter), [Ok((1, None)), Ok((2, None)), Ok((3, None))]);
        assert_eq!(enter(1), Ok((4, Some(1))), "of its own peer");
        book.ask(2);
        book.ask(2);
        assert_eq!(book.enter(peer(1)), Ok(Entered { number: 5, ended: Some(3) }));
        // What has ended for another ends once.
        book.leave(1);
        book.ask(3);
        assert_eq!((book.members.len(), book.by_peer[&peer(1)].strangers), (4, 3));
    }

    #[test]
    fn where_all_is_full_the_oldest_of_all_goes() {
        let mut book = book(4, 4);
        for last in 1..=3 {
            book.enter(peer(last)).unwrap();
        }
        assert_eq!(book.enter(peer(4)), Ok(Entered { number: 3, ended: Some(0) }));
        (0..4).for_each(|number| book.ask(number));
        assert_eq!(book.enter(peer(4)), Err(Shut::Reserved));
    }

    #[test]
    fn a_quarter_is_left_to_those_who_were_known() {
        let mut book = book(100, 10);
        book.enter(peer(1)).unwrap();
        book.recognise(0);
        book.leave(0);
        assert_eq!(fill(&mut book, peer(99)), (75, Shut::Reserved));
        assert_eq!(book.enter(peer(2)), Err(Shut::Reserved));
        assert_eq!(fill(&mut book, peer(1)), (25, Shut::Full));
    }

    #[test]
    fn whoever_is_known_does_not_count_against_its_peer() {
        let mut book = book(10_000, 8);
        for _ in 0..9_000 {
            let entered = book.enter(peer(1)).unwrap();
            assert_eq!(entered.ended, None);
            book.recognise(entered.number);
        }
        assert_eq!((book.members.len(), book.by_peer.len()), (9_000, 0));
        book.forget(0);
        assert_eq!(book.by_peer[&peer(1)].strangers, 1);
        (0..9_000).for_each(|number| book.leave(number));
        assert_eq!((book.members.len(), book.by_peer.len(), book.silent.len()), (0, 0, 0));
        assert_eq!(
            fill(&mut book, peer(1)),
            (5_000, Shut::Peer),
            "half of all, where it was known"
        );
    }
}
