//! The connections that callers keep to the pods of a Service, without any proxy in between.
//!
//! A pool as HTTP/1.1 clients have it: a connection carries one request at a time, the one that was
//! used last is used first, and a request for which there is none opens one or waits.
//!
//! A connection ends when its process ends or drains, when its request is given up, and by the limits:
//! idle time, age, requests. Simplified: limits are the same whoever sets them, client or server, and
//! a client knows of a connection that is over its limits before it would use it. In reality a server's
//! idle time that is shorter than the client's costs a request now and then.

use crate::cluster::pod::PodId;
use crate::random::Random;
use crate::request::Line;
use crate::scenario::DirectCalls;
use crate::telemetry::registry::DestinationId;
use crate::time::SimTime;

/// Names a connection of a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionId(u16);

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Idle,
    Busy,
    /// Busy, and closed after that.
    Last,
}

/// One connection, or room for one.
#[derive(Clone, Copy, Debug)]
pub struct Connection {
    /// The pod at its other end.
    pub pod: PodId,
    /// What metrics say of that pod.
    pub to: DestinationId,
    /// Whether the pod listens on the port that was asked for.
    pub open: bool,
    /// When it was opened.
    pub since: SimTime,
    /// Requests that it has carried.
    pub requests: u32,
    used: SimTime,
    state: State,
}

/// What a pool has for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// A connection that is open.
    Open(ConnectionId),
    /// Room for a new one.
    Room,
    /// Nothing: all are busy.
    Full,
}

/// The connections of one population.
#[derive(Clone, Debug)]
pub struct Pool {
    /// What the scenario says.
    pub calls: DirectCalls,
    /// Requests that wait for a connection.
    pub line: Line,
    /// What is known of a request that has no connection.
    pub nobody: DestinationId,
    /// Which endpoint a new connection gets.
    pub chance: Random,
    connections: Vec<Connection>,
    /// The last one was used last.
    idle: Vec<ConnectionId>,
    closed: Vec<ConnectionId>,
}

impl Pool {
    /// A pool without open connections.
    pub fn new(calls: &DirectCalls, nobody: DestinationId, chance: Random) -> Self {
        let closed = Connection {
            pod: PodId(u32::MAX),
            to: nobody,
            open: false,
            since: SimTime::ZERO,
            requests: 0,
            used: SimTime::ZERO,
            state: State::Closed,
        };
        Self {
            line: Line::default(),
            nobody,
            chance,
            connections: vec![closed; usize::from(calls.count)],
            idle: Vec::new(),
            closed: (0..calls.count).rev().map(ConnectionId).collect(),
            calls: calls.clone(),
        }
    }

    /// A connection for a request, if there is one.
    pub fn take(&mut self, now: SimTime) -> Take {
        while let Some(id) = self.idle.pop() {
            if !self.is_over(id, now) {
                self.get_mut(id).state = State::Busy;
                return Take::Open(id);
            }
            self.close(id);
        }
        if self.closed.is_empty() { Take::Full } else { Take::Room }
    }

    /// Whether there may be a connection for another request.
    pub fn has_room(&self) -> bool {
        !self.idle.is_empty() || !self.closed.is_empty()
    }

    /// Opens a connection for a request. There must be room.
    pub fn open(
        &mut self,
        pod: PodId,
        to: DestinationId,
        open: bool,
        now: SimTime,
    ) -> ConnectionId {
        let id = self.closed.pop().expect("there is room");
        *self.get_mut(id) =
            Connection { pod, to, open, since: now, requests: 0, used: now, state: State::Busy };
        id
    }

    /// The answer is there: the connection is free, or closed if its time has come.
    pub fn give_back(&mut self, id: ConnectionId, now: SimTime) {
        let most = self.calls.max_requests.unwrap_or(u32::MAX);
        let connection = self.get_mut(id);
        connection.requests += 1;
        connection.used = now;
        if connection.state == State::Last || most <= connection.requests || self.is_over(id, now) {
            return self.close(id);
        }
        self.get_mut(id).state = State::Idle;
        self.idle.push(id);
    }

    /// The other end says that it will close the connection after this answer.
    pub fn is_last(&mut self, id: ConnectionId) {
        self.get_mut(id).state = State::Last;
    }

    /// The connection is closed; it must not be idle.
    pub fn close(&mut self, id: ConnectionId) {
        self.get_mut(id).state = State::Closed;
        self.closed.push(id);
    }

    /// A pod has closed what was idle, and closes the rest after its answers. Gives how many were idle
    /// and how many were busy.
    pub fn hang_up(&mut self, pod: PodId) -> (usize, usize) {
        let (connections, closed) = (&mut self.connections, &mut self.closed);
        let before = self.idle.len();
        self.idle.retain(|&id| {
            let connection = &mut connections[usize::from(id.0)];
            let stays = connection.pod != pod;
            if !stays {
                connection.state = State::Closed;
                closed.push(id);
            }
            stays
        });
        let mut busy = 0;
        for connection in connections {
            if connection.pod == pod && connection.state == State::Busy {
                connection.state = State::Last;
                busy += 1;
            }
        }
        (before - self.idle.len(), busy)
    }

    /// A connection.
    pub fn get(&self, id: ConnectionId) -> &Connection {
        &self.connections[usize::from(id.0)]
    }

    fn get_mut(&mut self, id: ConnectionId) -> &mut Connection {
        &mut self.connections[usize::from(id.0)]
    }

    /// Whether a connection that nobody uses is past its idle time or its age.
    fn is_over(&self, id: ConnectionId, now: SimTime) -> bool {
        let connection = self.get(id);
        self.calls.idle <= now.since(connection.used)
            || self.calls.max_age.is_some_and(|most| most <= now.since(connection.since))
    }

    /// Connections that carry a request.
    pub fn busy(&self) -> usize {
        self.connections.len() - self.closed.len() - self.idle.len()
    }

    /// Connections that are open now, with their destinations.
    pub fn open_ones(&self, now: SimTime) -> impl Iterator<Item = &Connection> {
        let all = (0..self.calls.count).map(ConnectionId);
        let open = all.filter(move |&id| match self.get(id).state {
            State::Closed => false,
            State::Idle => !self.is_over(id, now),
            State::Busy | State::Last => true,
        });
        open.map(|id| self.get(id))
    }
}
