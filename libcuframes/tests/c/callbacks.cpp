// Exceptions and endings of callbacks that are easy to get wrong: callbacks KEY [raw].
#include <chrono>
#include <cstring>
#include <future>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include <cuframes/cuframes.hpp>

#define CHECK(condition)                                                                   \
    do {                                                                                   \
        if (!(condition))                                                                  \
            throw std::runtime_error("line " + std::to_string(__LINE__) + ": " #condition); \
    } while (0)

static void send(cuframes::Publisher &publisher)
{
    CHECK(publisher.acquire());
    publisher.publish(cuframes::now_ns());
}

// What on_event throws comes out of next(), and the subscription goes on.
static void throwing_event(cuframes::Publisher &publisher, const cuframes::SubscriberOptions &reader)
{
    cuframes::Subscriber subscriber(reader);
    int event = 0, thrown = 0;

    subscriber.on_event([&](std::int32_t told, std::uint64_t) {
        event = told;
        throw std::logic_error("no such size, please");
    });
    publisher.reconfigure(CUFRAMES_FORMAT_R8, 32, 16);
    send(publisher);
    try {
        subscriber.next();
    } catch (const std::logic_error &) {
        thrown++;
    }
    CHECK(thrown == 1 && event == CUFRAMES_EVENT_RECONFIGURED);
    send(publisher);
    auto frame = subscriber.next();
    CHECK(frame && frame->width() == 32);
    CHECK(subscriber.stats().leases == 1); // the frame that was thrown away was given back
    cuframes::FrameRef kept = frame->ref();
    frame->release();
    CHECK(!subscriber.next(0) && !subscriber.ended());
    CHECK(kept.width() == 32);
}

// A callback may destroy its own subscriber, and keep the frame.
static void destroyed_within(cuframes::Publisher &publisher, const cuframes::SubscriberOptions &reader)
{
    std::unique_ptr<cuframes::AsyncSubscriber> subscriber;
    std::promise<void> made;
    std::promise<cuframes::FrameRef> kept;

    subscriber = std::make_unique<cuframes::AsyncSubscriber>(
        reader, [&, ready = made.get_future().share()](const cuframes::Frame &frame) {
            ready.wait();
            subscriber.reset();
            kept.set_value(frame.ref());
        });
    made.set_value();
    send(publisher);
    CHECK(kept.get_future().get().width() == 32);
}

static int raw_frame(void *, cuframes_frame_t *) { throw std::runtime_error("out of C"); }

int main(int argc, char **argv)
try {
    cuframes::PublisherOptions options;
    options.key = argv[1];
    options.width = options.height = 16;
    options.format = CUFRAMES_FORMAT_R8;
    options.anonymous = true; // the part that aborts leaves nothing behind
    cuframes::Publisher publisher(options);
    cuframes::SubscriberOptions reader;
    reader.key = argv[1];

    if (argc > 2 && !std::strcmp(argv[2], "raw")) {
        const auto config = reader.config();
        cuframes_async_subscriber_t *subscriber;
        cuframes_async_subscriber_create(&config, raw_frame, nullptr, nullptr, &subscriber);
        send(publisher);
        std::this_thread::sleep_for(std::chrono::seconds(10)); // it does not come to that
        return 0;
    }
    throwing_event(publisher, reader);
    destroyed_within(publisher, reader);
    try {
        cuframes::Publisher second(options);
    } catch (const cuframes::Error &error) {
        CHECK(error.code() == CUFRAMES_ERR_ALREADY_EXISTS);
        std::cout << "all kept\n";
    }
    return 0;
} catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
    return 2;
}
