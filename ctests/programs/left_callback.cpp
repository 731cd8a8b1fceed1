/*
 * Callbacks that don't return: they throw an exception, call longjmp() or end their thread. Afterwards the handle can be used for a new
 * transfer and cleaned up, at any depth of the stack, and its share freed. Prints what happened, and how many descriptors are open more than in the beginning.
 * Usage: left_callback throw|longjmp|exit easy|multi CALLBACK then|cleanup|deep URL
 */
#include <curl/curl.h>
#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <pthread.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace {

struct Thrown {
    int number;
};

std::string how, where;
std::jmp_buf target;
bool armed = true;
int destroyed = 0;

struct Count {
    ~Count() { destroyed++; }
};

/* Leaves the callback if it is the one that was asked for. */
void leave(const char *callback)
{
    if(!armed || where != callback)
        return;
    armed = false;
    if(how == "throw") {
        Count count;
        throw Thrown{ 7 };
    }
    if(how == "exit")
        pthread_exit(nullptr);
    std::longjmp(target, 1);
}

size_t on_write(char *, size_t size, size_t items, void *)
{
    leave("write");
    return size * items;
}

size_t on_header(char *, size_t size, size_t items, void *)
{
    leave("header");
    return size * items;
}

size_t on_read(char *, size_t, size_t, void *)
{
    leave("read");
    return 0;
}

int on_debug(CURL *, curl_infotype, char *, size_t, void *)
{
    leave("debug");
    return 0;
}

int on_progress(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    leave("progress");
    return 0;
}

int on_sockopt(void *, curl_socket_t, curlsocktype)
{
    leave("sockopt");
    return CURL_SOCKOPT_OK;
}

curl_socket_t on_opensocket(void *, curlsocktype, struct curl_sockaddr *address)
{
    leave("opensocket");
    return socket(address->family, address->socktype, address->protocol);
}

int on_prereq(void *, char *, char *, int, int)
{
    leave("prereq");
    return CURL_PREREQFUNC_OK;
}

int on_closesocket(void *, curl_socket_t socket)
{
    close(socket);
    leave("closesocket");
    return 0;
}

int on_socket(CURL *, curl_socket_t, int what, void *, void *)
{
    leave(what == CURL_POLL_REMOVE ? "socket_remove" : "socket");
    return 0;
}

void on_notify(CURLM *, unsigned int, CURL *, void *)
{
    leave("notify");
}

int on_timer(CURLM *, long, void *)
{
    leave("timer");
    return 0;
}

int descriptors()
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while(readdir(folder))
        count++;
    closedir(folder);
    return count;
}

char error[CURL_ERROR_SIZE];

CURL *new_handle(const char *url, CURLSH *share)
{
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_SHARE, share);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_write);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, on_sockopt);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_opensocket);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, on_closesocket);
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_prereq);
    return curl;
}

int perform_in_multi(CURLM *multi)
{
    int running = 1, left = 0;
    CURLMcode code = CURLM_OK;
    while(!code && running) {
        code = curl_multi_perform(multi, &running);
        if(!code && running)
            code = curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
    }
    if(code)
        return 1000 + static_cast<int>(code);
    CURLMsg *message = curl_multi_info_read(multi, &left);
    return message ? static_cast<int>(message->data.result) : -1;
}

int perform(CURL *curl, CURLM *multi)
{
    if(!multi)
        return static_cast<int>(curl_easy_perform(curl));
    CURLMcode code = curl_multi_add_handle(multi, curl);
    return code ? 1000 + static_cast<int>(code) : perform_in_multi(multi);
}

/* Performs a transfer of which a callback does not return. */
void perform_and_leave(CURL *curl, CURLM *multi)
{
    if(how == "longjmp") {
        if(setjmp(target))
            std::printf("jumped\n");
        else
            std::printf("returned %d\n", perform(curl, multi));
        return;
    }
    try {
        std::printf("returned %d\n", perform(curl, multi));
    } catch(const Thrown &thrown) {
        std::printf("caught %d, destroyed %d\n", thrown.number, destroyed);
    }
}

struct Job {
    CURL *curl;
    CURLM *multi;
};

void *thread(void *data)
{
    auto *job = static_cast<Job *>(data);
    Count count;
    perform_and_leave(job->curl, job->multi);
    return nullptr;
}

__attribute__((noinline)) void clean_up(CURL *curl, CURLM *multi, int depth)
{
    volatile char room[4096];
    room[depth] = 0;
    if(depth)
        clean_up(curl, multi, depth - 1);
    else {
        if(multi) {
            std::printf("remove %d\n", static_cast<int>(curl_multi_remove_handle(multi, curl)));
            std::printf("multi %d\n", static_cast<int>(curl_multi_cleanup(multi)));
        }
        curl_easy_cleanup(curl);
    }
    room[depth]++;
}

}

int main(int argc, char **argv)
{
    if(argc < 6)
        return 2;
    how = argv[1];
    where = argv[3];
    std::string then = argv[4];
    /* what the library opens once and keeps, and a thread of the resolver's */
    curl_easy_cleanup(curl_easy_init());
    int before = descriptors();
    CURLSH *share = curl_share_init();
    CURL *curl = new_handle(argv[5], share);
    CURLM *multi = nullptr;
    if(!std::strcmp(argv[2], "multi")) {
        multi = curl_multi_init();
        curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
        curl_multi_setopt(multi, CURLMOPT_NOTIFYFUNCTION, on_notify);
        curl_multi_notify_enable(multi, CURLMNOTIFY_EASY_DONE);
    }
    if(how == "exit") {
        Job job = { curl, multi };
        pthread_t one;
        pthread_create(&one, nullptr, thread, &job);
        pthread_join(one, nullptr);
        std::printf("thread ended, destroyed %d\n", destroyed);
    }
    else
        perform_and_leave(curl, multi);
    if(then == "then") {
        if(multi) {
            std::printf("goes on %d\n", perform_in_multi(multi));
            curl_multi_remove_handle(multi, curl);
        }
        std::printf("again %d %s\n", perform(curl, multi), error);
    }
    clean_up(curl, multi, then == "deep" ? 20 : 0);
    std::printf("share %d\n", static_cast<int>(curl_share_cleanup(share)));
    std::printf("descriptors %d\n", descriptors() - before);
    return 0;
}
