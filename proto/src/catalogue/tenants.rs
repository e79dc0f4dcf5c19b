//! Rooms by the organisation that they belong to. People in breakout rooms count once, in the
//! meeting that these rooms are part of.

super::metrics! { TENANTS:
    HEADROOM_TENANT_ROOMS = Gauge "headroom_tenant_rooms" by ["tenant"],
        "Rooms of an organisation with somebody inside, breakout rooms apart.";
    HEADROOM_TENANT_BREAKOUT_ROOMS = Gauge "headroom_tenant_breakout_rooms" by ["tenant"],
        "Breakout rooms of an organisation with somebody inside.";
    HEADROOM_TENANT_PARTICIPANTS = Gauge "headroom_tenant_participants" by ["tenant"],
        "People in an organisation's rooms.";
    HEADROOM_TENANT_LISTENERS = Gauge "headroom_tenant_listeners" by ["tenant"],
        "People in an organisation's rooms who only listen.";
    HEADROOM_TENANT_HEARING = Gauge "headroom_tenant_hearing" by ["tenant"],
        "People in an organisation's rooms who hear, with a microphone or without.";
    HEADROOM_TENANT_VOICES = Gauge "headroom_tenant_voices" by ["tenant"],
        "People in an organisation's rooms with a microphone or a telephone.";
    HEADROOM_TENANT_CAMERAS = Gauge "headroom_tenant_cameras" by ["tenant"],
        "Cameras that are sent to an organisation's rooms.";
    HEADROOM_TENANT_CAMERAS_OUT = Gauge "headroom_tenant_cameras_out" by ["tenant"],
        "Streams of cameras that an organisation's rooms send to all who see them, estimated.";
    HEADROOM_TENANT_CAMERAS_OUT_MBIT =
        Gauge "headroom_tenant_cameras_out_mbit" by ["tenant"],
        "What an organisation's cameras are expected to send to all who see them by BigBlueButton's \
         settings, in Mbit/s.";
    HEADROOM_TENANT_RECORDING_ROOMS = Gauge "headroom_tenant_recording_rooms" by ["tenant"],
        "Rooms of an organisation that are recorded now.";
    HEADROOM_TENANT_LARGEST_ROOM_PARTICIPANTS =
        Gauge "headroom_tenant_largest_room_participants" by ["tenant"],
        "People in the organisation's room that has most.";
    HEADROOM_TENANT_USER_SECONDS_TOTAL =
        Counter "headroom_tenant_user_seconds_total" in Seconds by ["tenant"],
        "Time that people have spent in an organisation's rooms, added up.";
    HEADROOM_TENANT_ROOM_SECONDS_TOTAL =
        Counter "headroom_tenant_room_seconds_total" in Seconds by ["tenant"],
        "Time that an organisation's rooms had somebody inside, added up.";
}
