// A client as VizionStreamer's documentation has them: a connection for each command, one send
// without a newline, one receive into 4096 bytes with a NUL behind it, and nothing is closed before
// that.
//
//     client SOCKET        requests are lines on standard input, answers lines on standard output
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <iostream>
#include <string>

static std::string ask(const char *path, const std::string &request) {
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address;
    std::memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    if (connect(client, reinterpret_cast<sockaddr *>(&address), sizeof(address)) != 0)
        return "no connection";
    send(client, request.c_str(), request.length(), 0);
    char buffer[4096];
    ssize_t received = recv(client, buffer, sizeof(buffer) - 1, 0);
    buffer[received < 0 ? 0 : received] = '\0';
    close(client);
    return buffer;
}

int main(int, char **arguments) {
    std::string line;
    while (std::getline(std::cin, line)) {
        std::string answer = ask(arguments[1], line);
        // The answer has its own end of line.
        std::cout << answer.substr(0, answer.find('\n')) << std::endl;
    }
}
