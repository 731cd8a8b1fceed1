/* What a libcurl is: `wscurl-info LIBRARY` loads it as a program would, and prints its version, its protocols, and the libraries
   of that name that came with it. For wscurl-run. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

/* The beginning of curl_version_info_data. */
struct info {
    int age;
    const char *version;
    unsigned version_num;
    const char *host;
    int features;
    const char *ssl_version;
    long ssl_version_num;
    const char *libz_version;
    const char *const *protocols;
};

static int show(struct dl_phdr_info *library, size_t size, void *data)
{
    const char *slash = strrchr(library->dlpi_name, '/');
    (void)size;
    (void)data;
    if(slash && !strncmp(slash, "/libcurl", 8))
        printf("  loaded: %s\n", library->dlpi_name);
    return 0;
}

int main(int argc, char **argv)
{
    void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
    char *(*version)(void);
    struct info *(*version_info)(int);
    const char *const *protocol;
    if(!library) {
        fprintf(stderr, "wscurl-info: %s\n", argc == 2 ? dlerror() : "usage: wscurl-info LIBRARY");
        return 1;
    }
    *(void **)&version = dlsym(library, "curl_version");
    *(void **)&version_info = dlsym(library, "curl_version_info");
    if(!version || !version_info) {
        fprintf(stderr, "wscurl-info: %s is no libcurl\n", argv[1]);
        return 1;
    }
    printf("  version: %s\n  protocols:", version());
    for(protocol = version_info(0)->protocols; *protocol; protocol++)
        printf(" %s", *protocol);
    putchar('\n');
    return dl_iterate_phdr(show, NULL);
}
