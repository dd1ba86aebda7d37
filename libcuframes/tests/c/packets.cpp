// Encoded packets in C++: packets KEY.
#include <iostream>
#include <stdexcept>
#include <string>

#include <cuframes/cuframes.hpp>

#define CHECK(condition)                                                                   \
    do {                                                                                   \
        if (!(condition))                                                                  \
            throw std::runtime_error("line " + std::to_string(__LINE__) + ": " #condition); \
    } while (0)

static void run(const std::string &key)
{
    cuframes::PublisherOptions options;
    options.key = key;
    options.width = 64;
    options.height = 48;
    options.packets = CUFRAMES_PACKETS_ONLY;
    options.packet_slots = 8;
    cuframes::Publisher publisher(options);
    publisher.set_codec_params(CUFRAMES_CODEC_MJPEG, "xy", 2);
    auto meta = cuframes::detail::sized<cuframes_packet_meta_t>();
    meta.flags = CUFRAMES_PACKET_KEY;
    meta.pts_ns = 40;
    CHECK(publisher.publish_packet("one", 3, meta) == 1);

    cuframes::SubscriberOptions reader;
    reader.key = key;
    reader.packets = CUFRAMES_PACKETS_ONLY;
    cuframes::Subscriber subscriber(reader);
    int packets = 0, losses = 0;
    auto packet = subscriber.next_packet();
    CHECK(packet && packet->seq == 1 && packet->pts_ns == 40);
    CHECK(std::string(reinterpret_cast<const char *>(packet->data), packet->size) == "one");
    packets++;
    CHECK(subscriber.codec_params().codec == CUFRAMES_CODEC_MJPEG);
    CHECK(subscriber.codec_params().extradata == (std::vector<std::uint8_t>{'x', 'y'}));
    CHECK(!subscriber.next_packet(0) && !subscriber.ended());
    for (int i = 0; i < 9; i++)
        publisher.publish_packet("two", 3, meta);
    try {
        subscriber.next_packet();
    } catch (const cuframes::Error &error) {
        CHECK(error.code() == CUFRAMES_ERR_PACKET_OVERRUN);
        losses++;
    }
    packet = subscriber.next_packet();
    CHECK(packet && packet->seq == 10);
    packets++;
    publisher.finish();
    CHECK(!subscriber.next_packet() && subscriber.ended());
    std::cout << packets << " packets, " << losses << " loss\n";
}

int main(int argc, char **argv)
{
    try {
        run(argc > 1 ? argv[1] : "packets");
        return 0;
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
