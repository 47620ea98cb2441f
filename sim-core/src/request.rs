//! The life of one request.

/// Names a live request; reused after its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub u32);

/// A step in the life of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestEvent {
    /// It reaches the pod.
    Delivered(RequestId),
}
