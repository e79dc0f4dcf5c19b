//! Rooms of a host under bigbluebutton-exporter's names, and how polls of BigBlueButton end.

super::metrics! { BBB:
    BBB_API_UP = Gauge "bbb_api_up",
        "1 if BigBlueButton answered the last poll with its meetings, 0 if not.";
    BBB_API_LATENCY = Histogram "bbb_api_latency" in Seconds by ["endpoint", "parameters"],
        "Time that BigBlueButton took to answer.";
    BBB_EXPORTER = Info "bbb_exporter" by ["version"],
        "The version of the agent that polls BigBlueButton.";
    BBB_VERSION = Info "bbb_version" by ["version"],
        "The version of BigBlueButton.";

    BBB_MEETINGS = Gauge "bbb_meetings",
        "Meetings that run, empty ones and breakout rooms included.";
    BBB_MEETINGS_PARTICIPANTS = Gauge "bbb_meetings_participants",
        "People in all meetings; who is in a breakout room counts twice.";
    BBB_MEETINGS_PARTICIPANTS_MAX = Gauge "bbb_meetings_participants_max",
        "People in the meeting that has most.";
    BBB_MEETINGS_LISTENERS = Gauge "bbb_meetings_listeners",
        "People in all meetings who only listen.";
    BBB_MEETINGS_VOICE_PARTICIPANTS = Gauge "bbb_meetings_voice_participants",
        "People in all meetings with a microphone or a telephone.";
    BBB_MEETINGS_VIDEO_PARTICIPANTS = Gauge "bbb_meetings_video_participants",
        "Cameras in all meetings.";
    BBB_MEETINGS_PARTICIPANT_CLIENTS = Gauge "bbb_meetings_participant_clients" by ["type"],
        "People in all meetings by how they came in.";
    BBB_MEETINGS_PARTICIPANTS_ORIGIN =
        Gauge "bbb_meetings_participants_origin" by ["name", "server"],
        "People in all meetings by the front end that made the meeting.";
    BBB_ROOM_PARTICIPANTS = GaugeHistogram "bbb_room_participants",
        "Meetings by how many people are in them.";
    BBB_ROOM_LISTENERS = GaugeHistogram "bbb_room_listeners",
        "Meetings by how many people only listen.";
    BBB_ROOM_VOICE_PARTICIPANTS = GaugeHistogram "bbb_room_voice_participants",
        "Meetings by how many people have a microphone or a telephone.";
    BBB_ROOM_VIDEO_PARTICIPANTS = GaugeHistogram "bbb_room_video_participants",
        "Meetings by how many cameras are in them.";
    BBB_UNIQUE_MEETINGS_TOTAL = Counter "bbb_unique_meetings_total",
        "Meetings that have begun since the agent started.";
    BBB_UNIQUE_BREAKOUT_ROOMS_TOTAL = Counter "bbb_unique_breakout_rooms_total",
        "Breakout rooms that have begun since the agent started.";

    HEADROOM_BBB_STATE = Gauge "headroom_bbb_state" by ["state"],
        "1 for how the last poll of BigBlueButton ended, 0 for the other ways.";
    HEADROOM_BBB_POLLS_TOTAL = Counter "headroom_bbb_polls_total" by ["state"],
        "Polls of BigBlueButton by how they ended.";
    HEADROOM_BBB_FAILURES_TOTAL = Counter "headroom_bbb_failures_total" by ["key"],
        "Polls that BigBlueButton refused, by its own word for why.";
    HEADROOM_BBB_UNMEASURED_SECONDS_TOTAL =
        Counter "headroom_bbb_unmeasured_seconds_total" in Seconds,
        "Time between polls that lay too far apart to say what was between them.";
    HEADROOM_BBB_INCOMPLETE_MEETINGS = Gauge "headroom_bbb_incomplete_meetings",
        "Meetings of which BigBlueButton's answer leaves out a count.";
    HEADROOM_BBB_LISTENERS_ASSUMED = Gauge "headroom_bbb_listeners_assumed",
        "People who are taken to listen, since BigBlueButton 3 tells of no listeners in their room.";
    HEADROOM_BBB_CAMERA_STREAMS =
        Gauge "headroom_bbb_camera_streams" by ["direction", "from"],
        "Streams of cameras in and out, by how many cameras a room has from which their rate is another; \
         out is estimated.";
    HEADROOM_BBB_ROOM_SQUARES = Gauge "headroom_bbb_room_squares" by ["kind"],
        "Sums over rooms of squares: of people (breakout rooms apart), of those who hear, and of what \
         cameras are sent by BigBlueButton's settings, in Mbit/s.";
    HEADROOM_BBB_MEDIA_INFO = Info "headroom_bbb_media_info" by [
        "camera_kbit", "mobile_moderator_page", "mobile_viewer_page", "moderator_page",
        "page_thresholds", "release", "screen_kbit", "source", "viewer_page"
    ],
        "What BigBlueButton's settings say of pages of cameras (0: all) and of bit rates.";
    HEADROOM_BBB_MEDIA_MISTAKES = Gauge "headroom_bbb_media_mistakes",
        "Files and keys of BigBlueButton's settings that could not be read or understood.";
    HEADROOM_SFU_UP = Gauge "headroom_sfu_up" by ["exporter"],
        "1 if an exporter of BigBlueButton's media server answered, 0 if not.";
    HEADROOM_SFU_SERIES_MERGED = Gauge "headroom_sfu_series_merged" by ["exporter"],
        "Series of an exporter that were added to others, since it has more than there is room for.";
    HEADROOM_SFU_SERIES_DROPPED = Gauge "headroom_sfu_series_dropped" by ["exporter"],
        "Series of an exporter that found no room.";
}
