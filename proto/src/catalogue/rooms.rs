//! Rooms of a host, whoever they belong to: each person counts once, as in the figures by organisation.
//! A sum is told by who read all of its parts at once, since the most of a sum is not the sum of the
//! most.

super::metrics! { ROOMS:
    HEADROOM_ROOMS = Gauge "headroom_rooms",
        "Rooms of a host with somebody inside, breakout rooms apart.";
    HEADROOM_BREAKOUT_ROOMS = Gauge "headroom_breakout_rooms",
        "Breakout rooms of a host with somebody inside.";
    HEADROOM_PARTICIPANTS = Gauge "headroom_participants",
        "People in the rooms of a host.";
    HEADROOM_LISTENERS = Gauge "headroom_listeners",
        "People in the rooms of a host who only listen.";
    HEADROOM_HEARING = Gauge "headroom_hearing",
        "People in the rooms of a host who hear, with a microphone or without, breakout rooms included.";
    HEADROOM_VOICES = Gauge "headroom_voices",
        "People in the rooms of a host with a microphone or a telephone.";
    HEADROOM_CAMERAS = Gauge "headroom_cameras",
        "Cameras that are sent to the rooms of a host.";
    HEADROOM_CAMERAS_OUT = Gauge "headroom_cameras_out",
        "Streams of cameras that the rooms of a host send to all who see them, estimated.";
    HEADROOM_RECORDING_ROOMS = Gauge "headroom_recording_rooms",
        "Rooms of a host that are recorded now.";
}
