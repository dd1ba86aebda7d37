// Producer and consumer as the protocol's API documentation has them, and what they throw:
// channel write|read NAME FRAMES SIZE, or channel contract NAME.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <zerobuffer/zerobuffer.h>

namespace {

std::vector<uint8_t> capture_frame(std::size_t number, std::size_t size)
{
    std::vector<uint8_t> frame(size);
    for (std::size_t at = 0; at < size; at++)
        frame[at] = static_cast<uint8_t>((number + at) % 256);
    return frame;
}

int write(const char *name, std::size_t frames, std::size_t size)
{
    zerobuffer::Writer writer(name);
    for (std::size_t i = 0; i < frames; i++) {
        std::vector<uint8_t> frame = capture_frame(i, size);
        writer.write_frame(frame.data(), frame.size());
    }
    std::printf("%llu frames\n", static_cast<unsigned long long>(writer.frames_written()));
    return 0;
}

int read(const char *name, std::size_t frames, std::size_t size)
{
    zerobuffer::BufferConfig config(4096, 1024 * 1024); // 4KB metadata, 1MB payload
    zerobuffer::Reader reader(name, config);
    std::puts("created");
    std::fflush(stdout);

    // Wait for writer
    if (!reader.is_writer_connected(30000)) { // 30 second timeout
        return 1;
    }

    // Read frames
    std::size_t read = 0, wrong = 0;
    try {
        while (true) {
            zerobuffer::Frame frame = reader.read_frame();
            if (!frame.valid()) break;

            const std::vector<uint8_t> expected = capture_frame(read, size);
            wrong += frame.size() != size || frame.sequence() != ++read ||
                     std::memcmp(frame.data(), expected.data(), frame.size()) != 0;
            reader.release_frame(frame);
        }
    } catch (const zerobuffer::writer_dead_exception &) {
        std::printf("%zu frames, %zu wrong\n", read, wrong);
    }
    return read == frames && wrong == 0 ? 0 : 1;
}

template <typename Exception, typename Call> void throws(Call &&call, int code)
{
    try {
        call();
    } catch (const Exception &error) {
        if (error.code() == code && std::strlen(error.what()) > 0)
            return;
    }
    std::fprintf(stderr, "error %d was not thrown\n", code);
    std::exit(1);
}

int contract(const std::string &name)
{
    using namespace zerobuffer;
    using std::chrono::milliseconds;

    throws<buffer_not_found_exception>([&] { Writer writer(name); }, -4);
    Frame kept;
    {
        Reader reader(name, BufferConfig(64, 1024));
        throws<reader_already_connected_exception>([&] { Reader second(name); }, -7);
        Writer writer(name, milliseconds(5));
        throws<writer_already_connected_exception>([&] { Writer second(name); }, -6);
        if (!reader.get_metadata().empty())
            return 1;
        writer.set_metadata("caps", 4);
        const std::vector<uint8_t> metadata = reader.get_metadata();
        if (metadata != std::vector<uint8_t>{'c', 'a', 'p', 's'})
            return 1;
        throws<metadata_already_written_exception>([&] { writer.set_metadata(metadata); }, -15);
        throws<invalid_frame_size_exception>([&] { writer.write_frame(nullptr, 0); }, -13);
        throws<frame_too_large_exception>([&] { writer.get_frame_buffer(1024); }, -11);
        if (reader.read_frame(milliseconds(5)).valid())
            return 1;
        std::span<uint8_t> place = writer.get_frame_buffer(1008);
        std::fill(place.begin(), place.end(), 7);
        if (writer.commit_frame() != 1)
            return 1;
        throws<buffer_full_exception>([&] { writer.write_frame(metadata); }, -8);
        kept = reader.read_frame();
        Frame moved(std::move(kept));
        kept = std::move(moved);
        if (moved.valid() || !kept || kept.size() != 1008 || kept.span()[1007] != 7)
            return 1;
    }
    throws<buffer_not_found_exception>([&] { Writer writer(name); }, -4);
    // A frame outlives its reader.
    if (kept.data()[0] != 7)
        return 1;
    kept.release();
    if (kept.valid() || Frame::invalid().valid())
        return 1;
    std::puts("contract kept");
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "contract" && argc == 3)
        return contract(argv[2]);
    if (argc != 5)
        return 2;
    const std::size_t frames = std::strtoul(argv[3], nullptr, 10);
    const std::size_t size = std::strtoul(argv[4], nullptr, 10);
    return what == "write" ? write(argv[2], frames, size) : read(argv[2], frames, size);
}
