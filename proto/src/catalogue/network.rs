//! Interfaces, datagrams and packets, under node_exporter's names.

super::metrics! { NETWORK:
    NODE_NETWORK_RECEIVE_BYTES_TOTAL =
        Counter "node_network_receive_bytes_total" in Bytes by ["device"],
        "Bytes that an interface has received.";
    NODE_NETWORK_RECEIVE_PACKETS_TOTAL = Counter "node_network_receive_packets_total" by ["device"],
        "Packets that an interface has received.";
    NODE_NETWORK_RECEIVE_ERRS_TOTAL = Counter "node_network_receive_errs_total" by ["device"],
        "Packets that came in damaged.";
    NODE_NETWORK_RECEIVE_DROP_TOTAL = Counter "node_network_receive_drop_total" by ["device"],
        "Packets that came in and found no room.";
    NODE_NETWORK_RECEIVE_FIFO_TOTAL = Counter "node_network_receive_fifo_total" by ["device"],
        "Packets that came in faster than the interface could store them.";
    NODE_NETWORK_RECEIVE_FRAME_TOTAL = Counter "node_network_receive_frame_total" by ["device"],
        "Packets that came in with a wrong length or alignment.";
    NODE_NETWORK_RECEIVE_COMPRESSED_TOTAL =
        Counter "node_network_receive_compressed_total" by ["device"],
        "Compressed packets that an interface has received.";
    NODE_NETWORK_RECEIVE_MULTICAST_TOTAL =
        Counter "node_network_receive_multicast_total" by ["device"],
        "Packets to several receivers that an interface has received.";
    NODE_NETWORK_TRANSMIT_BYTES_TOTAL =
        Counter "node_network_transmit_bytes_total" in Bytes by ["device"],
        "Bytes that an interface has sent.";
    NODE_NETWORK_TRANSMIT_PACKETS_TOTAL =
        Counter "node_network_transmit_packets_total" by ["device"],
        "Packets that an interface has sent.";
    NODE_NETWORK_TRANSMIT_ERRS_TOTAL = Counter "node_network_transmit_errs_total" by ["device"],
        "Packets that an interface failed to send.";
    NODE_NETWORK_TRANSMIT_DROP_TOTAL = Counter "node_network_transmit_drop_total" by ["device"],
        "Packets that were to be sent and found no room.";
    NODE_NETWORK_TRANSMIT_FIFO_TOTAL = Counter "node_network_transmit_fifo_total" by ["device"],
        "Packets that the interface was not given fast enough to send.";
    NODE_NETWORK_TRANSMIT_COLLS_TOTAL = Counter "node_network_transmit_colls_total" by ["device"],
        "Packets that collided with others on the wire.";
    NODE_NETWORK_TRANSMIT_CARRIER_TOTAL =
        Counter "node_network_transmit_carrier_total" by ["device"],
        "Packets that were not sent since the link was lost.";
    NODE_NETWORK_TRANSMIT_COMPRESSED_TOTAL =
        Counter "node_network_transmit_compressed_total" by ["device"],
        "Compressed packets that an interface has sent.";
    NODE_NETWORK_UP = Gauge "node_network_up" by ["device"],
        "1 if an interface can be used, 0 if not.";
    NODE_NETWORK_SPEED_BYTES = Gauge "node_network_speed_bytes" in Bytes by ["device"],
        "Speed of a link in bytes per second, in either direction.";
    HEADROOM_NETWORK_DEVICE_SPEED_BYTES =
        Gauge "headroom_network_device_speed_bytes" in Bytes by ["device"],
        "Speed of a link in bytes per second as the kernel tells it, whatever the operator says of the link.";
    NODE_NETWORK_MTU_BYTES = Gauge "node_network_mtu_bytes" in Bytes by ["device"],
        "The largest packet that an interface takes.";
    NODE_NETWORK_CARRIER = Gauge "node_network_carrier" by ["device"],
        "1 if an interface sees another end of its link, 0 if not.";
    NODE_NETWORK_CARRIER_CHANGES_TOTAL = Counter "node_network_carrier_changes_total" by ["device"],
        "How often a link has come or gone.";
    NODE_NETWORK_INFO = Info "node_network_info"
        by ["address", "broadcast", "device", "duplex", "ifalias", "kind", "operstate"],
        "What an interface is; its label kind tells physical links from virtual ones.";

    NODE_NETWORK_RECEIVE_NOHANDLER_TOTAL =
        Counter "node_network_receive_nohandler_total" by ["device"],
        "Packets that came in and nobody took.";
    NODE_NETWORK_CARRIER_UP_CHANGES_TOTAL =
        Counter "node_network_carrier_up_changes_total" by ["device"],
        "How often a link has come.";
    NODE_NETWORK_CARRIER_DOWN_CHANGES_TOTAL =
        Counter "node_network_carrier_down_changes_total" by ["device"],
        "How often a link has gone.";
    NODE_NETWORK_FLAGS = Gauge "node_network_flags" by ["device"],
        "The flags of an interface as the kernel numbers them (IFF_UP is 1).";
    NODE_NETWORK_ADDRESS_ASSIGN_TYPE = Gauge "node_network_address_assign_type" by ["device"],
        "Where the address of an interface comes from: 0 is its hardware.";
    NODE_NETWORK_DEVICE_ID = Gauge "node_network_device_id" by ["device"],
        "Which of several interfaces with the same hardware it is.";
    NODE_NETWORK_DORMANT = Gauge "node_network_dormant" by ["device"],
        "1 if an interface waits for somebody else before it carries traffic.";
    NODE_NETWORK_IFACE_ID = Gauge "node_network_iface_id" by ["device"],
        "The kernel's number of an interface.";
    NODE_NETWORK_IFACE_LINK = Gauge "node_network_iface_link" by ["device"],
        "The kernel's number of the interface that this one stands on.";
    NODE_NETWORK_IFACE_LINK_MODE = Gauge "node_network_iface_link_mode" by ["device"],
        "1 if somebody else says when an interface may carry traffic.";
    NODE_NETWORK_NAME_ASSIGN_TYPE = Gauge "node_network_name_assign_type" by ["device"],
        "Who named an interface: 1 is the kernel, 3 a program, 4 a program that renamed it.";
    NODE_NETWORK_NET_DEV_GROUP = Gauge "node_network_net_dev_group" by ["device"],
        "The group that an interface was put into.";
    NODE_NETWORK_PROTOCOL_TYPE = Gauge "node_network_protocol_type" by ["device"],
        "The type of an interface's hardware address as the kernel numbers it; Ethernet is 1.";
    NODE_NETWORK_TRANSMIT_QUEUE_LENGTH = Gauge "node_network_transmit_queue_length" by ["device"],
        "The most packets that wait in an interface's own queue.";

    NODE_NETSTAT_TCP_CURRESTAB = Gauge "node_netstat_Tcp_CurrEstab",
        "Connections that are open now.";
    NODE_NETSTAT_IP_FORWARDING = Gauge "node_netstat_Ip_Forwarding",
        "1 if the host passes on packets that are not for it, 2 if not.";
    NODE_NETSTAT_UDP_INDATAGRAMS = Counter "node_netstat_Udp_InDatagrams",
        "Datagrams over IPv4 that programs have received.";
    NODE_NETSTAT_UDP_INERRORS = Counter "node_netstat_Udp_InErrors",
        "Datagrams over IPv4 that came in and could not be handed on.";
    NODE_NETSTAT_UDP_NOPORTS = Counter "node_netstat_Udp_NoPorts",
        "Datagrams over IPv4 to ports at which nobody listens.";
    NODE_NETSTAT_UDP_OUTDATAGRAMS = Counter "node_netstat_Udp_OutDatagrams",
        "Datagrams over IPv4 that programs have sent.";
    NODE_NETSTAT_UDP_RCVBUFERRORS = Counter "node_netstat_Udp_RcvbufErrors",
        "Datagrams over IPv4 that were lost since a program did not read them in time.";
    NODE_NETSTAT_UDP_SNDBUFERRORS = Counter "node_netstat_Udp_SndbufErrors",
        "Datagrams over IPv4 that were lost since they could not be sent in time.";
    NODE_NETSTAT_UDP6_INDATAGRAMS = Counter "node_netstat_Udp6_InDatagrams",
        "Datagrams over IPv6 that programs have received.";
    NODE_NETSTAT_UDP6_INERRORS = Counter "node_netstat_Udp6_InErrors",
        "Datagrams over IPv6 that came in and could not be handed on.";
    NODE_NETSTAT_UDP6_NOPORTS = Counter "node_netstat_Udp6_NoPorts",
        "Datagrams over IPv6 to ports at which nobody listens.";
    NODE_NETSTAT_UDP6_OUTDATAGRAMS = Counter "node_netstat_Udp6_OutDatagrams",
        "Datagrams over IPv6 that programs have sent.";
    NODE_NETSTAT_UDP6_RCVBUFERRORS = Counter "node_netstat_Udp6_RcvbufErrors",
        "Datagrams over IPv6 that were lost since a program did not read them in time.";
    NODE_NETSTAT_UDP6_SNDBUFERRORS = Counter "node_netstat_Udp6_SndbufErrors",
        "Datagrams over IPv6 that were lost since they could not be sent in time.";
    NODE_SOFTNET_DROPPED_TOTAL = Counter "node_softnet_dropped_total" by ["cpu"],
        "Packets that a core dropped since too many waited for it.";
    NODE_SOFTNET_TIMES_SQUEEZED_TOTAL = Counter "node_softnet_times_squeezed_total" by ["cpu"],
        "How often a core left packets waiting since its turn was over.";
    NODE_SOFTNET_PROCESSED_TOTAL = Counter "node_softnet_processed_total" by ["cpu"],
        "Packets that a core has taken from interfaces.";
    NODE_SOFTNET_CPU_COLLISION_TOTAL = Counter "node_softnet_cpu_collision_total" by ["cpu"],
        "How often a core found an interface taken by another when it wanted to send.";
    NODE_SOFTNET_RECEIVED_RPS_TOTAL = Counter "node_softnet_received_rps_total" by ["cpu"],
        "How often another core has woken this one to take packets.";
    NODE_SOFTNET_FLOW_LIMIT_COUNT_TOTAL = Counter "node_softnet_flow_limit_count_total" by ["cpu"],
        "Packets that a core dropped since they were too many of the same flow.";
    NODE_SOFTNET_BACKLOG_LEN = Gauge "node_softnet_backlog_len" by ["cpu"],
        "Packets that wait for a core now.";
    NODE_NETSTAT = Counter "node_netstat_*",
        "A counter of a protocol under the kernel's own name.";
    NODE_SOCKSTAT_BYTES = Gauge "node_sockstat_*_bytes" in Bytes,
        "Memory of a protocol's sockets.";
    NODE_SOCKSTAT = Gauge "node_sockstat_*",
        "A figure of the sockets in use under the kernel's own name.";
    NODE_UDP_QUEUES = Gauge "node_udp_queues" by ["ip", "queue"],
        "Bytes that wait in the queues of all UDP sockets.";
    NODE_ARP_ENTRIES = Gauge "node_arp_entries" by ["device"],
        "Neighbours of which the kernel knows an address.";
    NODE_NF_CONNTRACK_ENTRIES = Gauge "node_nf_conntrack_entries",
        "Connections that the firewall follows.";
    NODE_NF_CONNTRACK_ENTRIES_LIMIT = Gauge "node_nf_conntrack_entries_limit",
        "The most connections that the firewall follows; beyond, packets are dropped.";
    NODE_NF_CONNTRACK_STAT = Gauge "node_nf_conntrack_stat_*",
        "A counter of the firewall's table of connections under the kernel's own name.";
    NODE_BONDING_SLAVES = Gauge "node_bonding_slaves" by ["master"],
        "Interfaces that a bond has.";
    NODE_BONDING_ACTIVE = Gauge "node_bonding_active" by ["master"],
        "Interfaces of a bond whose link is up.";
}
