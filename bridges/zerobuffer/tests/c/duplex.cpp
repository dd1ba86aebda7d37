// Servers and clients of the factory: duplex CHANNEL.
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>

#include <zerobuffer/zerobuffer.h>

using namespace zerobuffer;

namespace {

int failures;

void expect(bool condition, const char *what)
{
    if (!condition) {
        std::fprintf(stderr, "%s\n", what);
        failures++;
    }
}

std::string text(const Frame &frame)
{
    return {reinterpret_cast<const char *>(frame.data()), frame.size()};
}

const BufferConfig small(4096, 64 * 1024);

std::unique_ptr<IDuplexClient> connect(IDuplexChannelFactory &factory, const char *channel)
{
    return factory.createClient(channel, small, std::chrono::seconds(10));
}

void immutable(IDuplexChannelFactory &factory, const char *channel)
{
    auto server = factory.createImmutableServer(channel, small);
    server->start([](const Frame &request) -> std::vector<uint8_t> {
        // Server automatically preserves request.Sequence in the response
        std::vector<uint8_t> processed(request.data(), request.data() + request.size());
        processed.push_back('!');
        return processed;
    });
    expect(server->isRunning(), "it runs");
    auto client = connect(factory, channel);
    expect(client->isServerConnected(), "its client is connected");

    const uint64_t first = client->sendRequest("one", 3);
    auto [second, place] = client->acquireRequestBuffer(3);
    std::memcpy(place.data(), "two", 3);
    client->commitRequest();
    auto response = client->receiveResponse(5000);
    expect(response.valid() && response.sequence() == first && text(response) == "one!", "one");
    response = client->receiveResponse(5000);
    expect(response.valid() && response.sequence() == second && text(response) == "two!", "two");
    expect(!client->receiveResponse(5).valid(), "no third one");
    server->stop();
    expect(!server->isRunning(), "it has stopped");
    server->throwError();
}

void many(IDuplexChannelFactory &factory, const char *channel)
{
    constexpr uint64_t count = 200;
    auto server = factory.createImmutableServer(channel, small);
    server->start([](const Frame &request) { return text(request) + "."; },
                  ProcessingMode::THREAD_POOL, 3);
    auto client = connect(factory, channel);
    std::thread sender([&] {
        for (uint64_t number = 1; number <= count; number++) {
            const std::string request = std::to_string(number);
            client->sendRequest(request.data(), request.size());
        }
    });
    uint64_t right = 0;
    for (uint64_t number = 1; number <= count; number++) {
        const Frame response = client->receiveResponse(10000);
        right += response.valid() && response.sequence() == number &&
                 text(response) == std::to_string(number) + ".";
    }
    sender.join();
    expect(right == count, "each response to its request");
}

void in_place(IDuplexChannelFactory &factory, const char *channel)
{
    auto server = factory.createMutableServer(channel, small);
    server->start([](Frame &request) {
        if (request.size() == 1)
            throw std::runtime_error("too short for me");
        for (uint8_t &byte : request.mutable_span())
            byte ^= 0xff;
    });
    auto client = connect(factory, channel);
    const uint8_t bytes[] = {1, 2, 3};
    client->sendRequest(bytes, sizeof(bytes));
    const Frame response = client->receiveResponse(5000);
    expect(response.size() == 3 && response.data()[2] == 252, "inverted");
    expect(!client->cancelRequest(1), "it is answered");
    client->sendRequest(bytes, 1);
    try {
        client->receiveResponse(10000);
        expect(false, "a server that failed");
    } catch (const writer_dead_exception &) {
    }
    try {
        server->throwError();
        expect(false, "an error of its handler");
    } catch (const zerobuffer_exception &error) {
        expect(error.code() == ZEROBUFFER_ERR_HANDLER, "the code");
        expect(std::strstr(error.what(), "too short for me") != nullptr, "the sentence");
    }
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    auto &factory = IDuplexChannelFactory::getInstance();
    immutable(factory, argv[1]);
    many(factory, argv[1]);
    in_place(factory, argv[1]);
    if (failures == 0)
        std::puts("requests answered");
    return failures != 0;
}
