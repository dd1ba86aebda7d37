// Prints the mean brightness of every frame of a key, read in place: subscribe [KEY].
#include <cstdint>
#include <iostream>

#include <cuframes/cuframes.hpp>

static double mean_luma(const cuframes::Frame &frame)
{
    const auto layout = frame.layout();
    const auto *row = static_cast<const std::uint8_t *>(frame.data(0));
    std::uint64_t sum = 0;

    for (std::uint32_t y = 0; y < layout.plane_rows[0]; y++) {
        for (std::uint32_t x = 0; x < layout.plane_row_bytes[0]; x++)
            sum += row[x];
        row += layout.plane_pitch[0]; // rows are padded
    }
    return static_cast<double>(sum) / layout.plane_rows[0] / layout.plane_row_bytes[0];
}

int main(int argc, char **argv)
try {
    cuframes::SubscriberOptions options;
    options.key = argc > 1 ? argv[1] : "cam1";
    options.mode = CUFRAMES_MODE_STRICT_ORDER;
    cuframes::Subscriber subscriber(options);

    while (auto frame = subscriber.next()) {
        std::cout << frame->seq() << ' ' << mean_luma(*frame) << '\n';
        frame->release(); // throws if the pixels may have been torn; leaving the scope does not
    }
    std::cerr << subscriber.stats().received << " frames\n"; // next() is empty at the end
    return 0;
} catch (const cuframes::Error &error) {
    std::cerr << error.what() << '\n';
    return error.code() == CUFRAMES_ERR_NOT_FOUND ? 2 : 1;
}
