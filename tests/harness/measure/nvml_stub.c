/* A stand-in for libnvidia-ml.so.1, so that pynvml's own calls and structures are met where there is no driver. It says
   of itself what it is. With -DOLDER it has the names that drivers had before 535. Its third question is lost. */
#include <stdint.h>
#include <string.h>

typedef struct { unsigned gpu, memory; } utilization;
typedef struct { unsigned long long total, free, used; } memory;
typedef struct { unsigned version; int sensor, temperature; } temperature;
typedef struct { unsigned pid; unsigned long long used; unsigned instance, compute; } process;

enum { OK = 0, INVALID_ARGUMENT = 2, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7, IS_LOST = 15, VERSION_MISMATCH = 25 };
static int asked;

int nvmlInitWithFlags(unsigned flags) { asked = 0; return OK; }
int nvmlShutdown(void) { return OK; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) { *device = &asked; return index ? INVALID_ARGUMENT : OK; }
int nvmlDeviceGetHandleByUUID(const char *uuid, void **device) { *device = &asked; return strcmp(uuid, "GPU-stub") ? NOT_FOUND : OK; }
int nvmlDeviceGetName(void *device, char *name, unsigned length) { strcpy(name, "Stub, no device"); return OK; }
int nvmlDeviceGetUUID(void *device, char *uuid, unsigned length) { strcpy(uuid, "GPU-stub"); return OK; }
int nvmlSystemGetDriverVersion(char *version, unsigned length) { strcpy(version, "0.0"); return OK; }
int nvmlDeviceGetUtilizationRates(void *device, utilization *told) { *told = (utilization){42, 7}; return ++asked > 2 ? IS_LOST : OK; }
int nvmlDeviceGetMemoryInfo(void *device, memory *told) { *told = (memory){8000, 5000, 3000}; return OK; }
int nvmlDeviceGetPowerUsage(void *device, unsigned *mw) { *mw = 123456; return OK; }
int nvmlDeviceGetTotalEnergyConsumption(void *device, uint64_t *mj) { *mj = (1ull << 40) + asked; return OK; }
int nvmlDeviceGetClockInfo(void *device, unsigned clock, unsigned *mhz) { *mhz = clock == 1 ? 1500 : clock == 2 ? 2600 : 1; return OK; }
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count, process *told) {
  int room = *count;
  *count = 2;
  if (!told || room < 2) return INSUFFICIENT_SIZE;
  told[0] = (process){10, 5, 0, 0};
  told[1] = (process){11, -1, 0, 0};
  return OK;
}
#ifdef OLDER
int nvmlDeviceGetTemperature(void *device, unsigned sensor, unsigned *celsius) { *celsius = 55 + sensor; return OK; }
int nvmlDeviceGetCurrentClocksThrottleReasons(void *device, unsigned long long *mask) { *mask = 8; return OK; }
#else
int nvmlDeviceGetTemperatureV(void *device, temperature *told) {
  told->temperature = 66 + told->sensor;
  return told->version == 0x100000C ? OK : VERSION_MISMATCH;
}
int nvmlDeviceGetCurrentClocksEventReasons(void *device, unsigned long long *mask) { *mask = 4; return OK; }
#endif
