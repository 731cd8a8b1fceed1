/*
 * A WebSocket that is closed by the destructor of a C++ object: one that is static or thread_local, made before or after the thread used the
 * library for the first time, and so destroyed after or before what the library itself keeps for the thread.
 * Usage: destructors static|thread_local|thread before|after URL CAINFO
 */
#include <curl/curl.h>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

namespace {

std::string url, ca;

class Socket {
public:
    Socket() = default;
    Socket(const Socket &) = delete;
    Socket &operator=(const Socket &) = delete;

    void open()
    {
        size_t n;
        curl = curl_easy_init();
        curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
        curl_easy_setopt(curl, CURLOPT_CAINFO, ca.c_str());
        curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
        CURLcode code = curl_easy_perform(curl);
        if(!code)
            code = curl_ws_send(curl, "hello", 5, &n, 0, CURLWS_TEXT);
        std::printf("connect %d\n", static_cast<int>(code));
    }

    ~Socket()
    {
        static const unsigned char going_away[] = { 1001 >> 8, 1001 & 0xff };
        size_t n = 0;
        CURLcode code = curl_ws_send(curl, going_away, sizeof(going_away), &n, 0, CURLWS_CLOSE);
        std::printf("close %d %d\n", static_cast<int>(code), static_cast<int>(n));
        curl_easy_cleanup(curl);
        std::fflush(stdout);
    }

private:
    CURL *curl = nullptr;
};

Socket &static_socket()
{
    static Socket socket;
    return socket;
}

Socket &thread_socket()
{
    thread_local Socket socket;
    return socket;
}

void use(Socket &(*socket)(), bool before)
{
    if(before)
        socket();
    /* a handle of its own uses the library first */
    Socket().open();
    socket().open();
}

}

int main(int argc, char **argv)
{
    if(argc < 5)
        return 2;
    bool before = !std::strcmp(argv[2], "before");
    url = argv[3];
    ca = argv[4];
    if(!std::strcmp(argv[1], "static"))
        use(static_socket, before);
    else if(!std::strcmp(argv[1], "thread_local"))
        use(thread_socket, before);
    else
        std::thread(use, thread_socket, before).join();
    return 0;
}
