/* The driver's commands for the process around the library. */
#define _GNU_SOURCE
#include "driver_process.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t fork_by(const char *how)
{
    if(!strcmp(how, "_Fork"))
        return _Fork();
    if(!strcmp(how, "clone"))
        return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    return fork();
}

/*
 * fork HOW [parent=exit|go_on]: by fork, _Fork or clone. The child answers, and takes the commands that follow until its `exit`; then the
 * parent answers as `joined`, and takes the next ones. With `parent` it ends at once, as with daemon().
 */
static void fork_command(const struct call *call)
{
    int status = 0;
    bool ends = option_word(call->words, "parent") != NULL;
    fflush(stdout);
    pid_t child = fork_by(call->words->at[1].text);
    if(child && ends)
        _exit(0);
    if(child)
        waitpid(child, &status, 0);
    begin_result(child ? "joined" : "fork");
    if(child)
        printf(" status=%d signal=%d", WEXITSTATUS(status), WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    else
        printf(" child=1");
}

/* exit HOW: by exit or _exit */
static void exit_command(const struct call *call)
{
    if(!strcmp(call->words->at[1].text, "_exit"))
        _exit(0);
    exit(0);
}

static void cleanup_all(void)
{
    for(int i = 0; i < MAX_SLOTS; i++) {
        curl_easy_cleanup(slots[i].curl);
        slots[i].curl = NULL;
    }
}

static void close_all(void)
{
    size_t sent;
    for(int i = 0; i < MAX_SLOTS; i++)
        curl_ws_send(slots[i].curl, "\x03\xe8", 2, &sent, 0, CURLWS_CLOSE);
    cleanup_all();
}

/* at_exit WHAT: at the end of the process handles are cleaned up; `close` sends a CLOSE frame before */
static void at_exit_command(const struct call *call)
{
    int failed = atexit(!strcmp(call->words->at[1].text, "close") ? close_all : cleanup_all);
    begin_result("at_exit");
    printf(" ok=%d", !failed);
}

static int reused = -1;

/* close_socket [reuse=1]: behind the library's back; with `reuse` another file gets the number */
static void close_socket_command(const struct call *call)
{
    curl_socket_t fd = active_socket(call->curl);
    int closed = close(fd);
    begin_result("close_socket");
    printf(" ok=%d", closed == 0);
    if(number_option(call->words, "reuse", 0)) {
        int file = open("/dev/zero", O_RDWR);
        reused = fd;
        if(file != fd) {
            dup2(file, fd);
            close(file);
        }
    }
}

/* reused_socket: whether that other file is still open */
static void reused_socket_command(const struct call *call)
{
    char byte;
    (void)call;
    begin_result("reused_socket");
    printf(" open=%d", read(reused, &byte, 1) == 1);
}

/* tcp_nodelay: whether the connection's socket has it */
static void tcp_nodelay_command(const struct call *call)
{
    int value = -1;
    socklen_t length = sizeof(value);
    getsockopt(active_socket(call->curl), IPPROTO_TCP, TCP_NODELAY, &value, &length);
    begin_result("tcp_nodelay");
    printf(" value=%d", value);
}

static long size_kb(void)
{
    char line[256];
    long kb = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while(status && kb < 0 && fgets(line, sizeof(line), status))
        sscanf(line, "VmSize: %ld", &kb);
    if(status)
        fclose(status);
    return kb;
}

/* So much more address space than now, -1 for no limit. */
static bool limit_memory(long kb)
{
    struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
    if(kb >= 0)
        limit.rlim_cur = (rlim_t)(size_kb() + kb) * 1024;
    return !setrlimit(RLIMIT_AS, &limit);
}

/* memory KB: the limit from here on, see limit_memory */
static void memory_command(const struct call *call)
{
    bool ok = limit_memory(atol(call->words->at[1].text));
    begin_result("memory");
    printf(" ok=%d", ok);
}

static char *repeated(size_t length)
{
    char *text = malloc(length + 1);
    if(!text)
        abort();
    memset(text, 'a', length);
    text[length] = '\0';
    return text;
}

/* tight_setopt OPTION LENGTH KB: a string, list or blob of that length, copied with so much more address space than the driver needs */
static void tight_setopt_command(const struct call *call)
{
    const struct curl_easyoption *option = curl_easy_option_by_name(call->words->at[1].text);
    size_t length = (size_t)atol(call->words->at[2].text);
    long kb = atol(call->words->at[3].text);
    char *text = repeated(length);
    struct curl_blob blob = { text, length, CURL_BLOB_COPY };
    CURLcode code = CURLE_UNKNOWN_OPTION;
    limit_memory(kb);
    if(option && option->type == CURLOT_BLOB)
        code = curl_easy_setopt(call->curl, option->id, &blob);
    else if(option)
        code = curl_easy_setopt(call->curl, option->id, text);
    limit_memory(-1);
    free(text);
    print_code("tight_setopt", code);
    if(code)
        print_error(call->slot);
}

/* tight_send LENGTH KB: sends a message of that length, with so much more address space */
static void tight_send_command(const struct call *call)
{
    size_t length = (size_t)atol(call->words->at[1].text), done = 0, sent = 0;
    char *text = repeated(length);
    CURLcode code = CURLE_OK;
    limit_memory(atol(call->words->at[2].text));
    while(done < length && (!code || code == CURLE_AGAIN)) {
        if(code)
            wait_socket(call->curl, POLLOUT, 5000);
        code = curl_ws_send(call->curl, text + done, length - done, &sent, 0, CURLWS_BINARY);
        done += sent;
    }
    limit_memory(-1);
    free(text);
    print_code("tight_send", code);
    printf(" sent=%zu", done);
    if(code)
        print_error(call->slot);
}

/* tight_text FUNCTION LENGTH KB: escape, unescape or append a text of that length */
static void tight_text_command(const struct call *call)
{
    const char *function = call->words->at[1].text;
    size_t length = (size_t)atol(call->words->at[2].text);
    char *text = repeated(length), *result = NULL;
    struct curl_slist *list = NULL;
    limit_memory(atol(call->words->at[3].text));
    if(!strcmp(function, "escape"))
        result = curl_easy_escape(call->curl, text, 0);
    else if(!strcmp(function, "unescape"))
        result = curl_easy_unescape(call->curl, text, 0, NULL);
    else
        list = curl_slist_append(NULL, text);
    limit_memory(-1);
    begin_result("tight_text");
    printf(" ok=%d", result || list);
    curl_free(result);
    curl_slist_free_all(list);
    free(text);
}

static int call_number(const char *name)
{
    return !strcmp(name, "epoll_ctl") ? SYS_epoll_ctl : !strcmp(name, "epoll_create1") ? SYS_epoll_create1 : SYS_eventfd2;
}

/* deny CALL ERRNO: the kernel refuses a system call from here on */
static void deny_command(const struct call *call)
{
    unsigned int number = (unsigned int)call_number(call->words->at[1].text), error = (unsigned int)atoi(call->words->at[2].text);
    struct sock_filter filter[] = {
        { BPF_LD | BPF_W | BPF_ABS, 0, 0, 0 }, /* the number of the call */
        { BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number },
        { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | error },
        { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW },
    };
    struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };
    bool ok = !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
    begin_result("deny");
    printf(" ok=%d", ok);
}

const struct command process_commands[] = {
    { "fork", 1, fork_command },
    { "exit", 1, exit_command },
    { "at_exit", 1, at_exit_command },
    { "close_socket", 0, close_socket_command },
    { "reused_socket", 0, reused_socket_command },
    { "tcp_nodelay", 0, tcp_nodelay_command },
    { "memory", 1, memory_command },
    { "tight_setopt", 3, tight_setopt_command },
    { "tight_send", 2, tight_send_command },
    { "tight_text", 3, tight_text_command },
    { "deny", 2, deny_command },
    { NULL, 0, NULL },
};
