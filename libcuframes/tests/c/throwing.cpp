// A callback that throws ends its subscription with an error, and nothing else: throwing KEY.
#include <atomic>
#include <iostream>
#include <stdexcept>

#include <cuframes/cuframes.hpp>

int main(int, char **argv)
try {
    cuframes::PublisherOptions options;
    options.key = argv[1];
    options.width = 16;
    options.height = 16;
    options.format = CUFRAMES_FORMAT_R8;
    cuframes::Publisher publisher(options);

    std::atomic<int> frames{0}, errors{0};
    cuframes::SubscriberOptions reader;
    reader.key = argv[1];
    cuframes::AsyncSubscriber subscriber(
        reader,
        [&](const cuframes::Frame &) {
            frames++;
            throw std::runtime_error("the detector is out of order");
        },
        [&](const cuframes::Error &error) {
            std::cerr << "told: " << error.what() << '\n';
            errors++;
        });
    while (!errors) {
        publisher.acquire();
        publisher.publish(0);
    }
    std::cout << frames << " frame, " << errors << " error\n";
    return frames == 1 && errors == 1 ? 0 : 1;
} catch (const cuframes::Error &error) {
    std::cerr << error.what() << '\n';
    return 2;
}
