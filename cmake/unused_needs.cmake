# Debian's libtorch is linked with OpenCV, FFmpeg and data bases for operators of Caffe2 that it was built without: not one of their
# symbols is used. With all that those need in turn, over 200 libraries were loaded and relocated at each start of the program, half of
# the second that it took. So each of them gets an empty stand-in of the same name, found before it by the run path.
set(UNUSED_NEEDS "^lib(opencv_.*|av(codec|format|util)|sw(scale|resample)|lmdb|leveldb|snappy|zmq)\\.so")

# Makes the stand-ins for what `library` needs in `folder`, and says in `useful` whether there are any and a program starts with them
# when every symbol is looked up at the start: a libtorch that does use one of them keeps them all.
function(stand_in_for_unused_needs library folder useful)
  set(${useful} FALSE PARENT_SCOPE)
  file(WRITE ${folder}/empty.c "")
  file(WRITE ${folder}/start.c "int main(void) { return 0; }\n")
  set(link ${CMAKE_CXX_COMPILER} -x c -Wl,--disable-new-dtags,-rpath,${folder})
  execute_process(COMMAND ${CMAKE_OBJDUMP} -p ${library} OUTPUT_VARIABLE headers ERROR_QUIET)
  string(REGEX MATCHALL "NEEDED +[^ \n]+" needs "${headers}")
  list(TRANSFORM needs REPLACE "NEEDED +" "")
  list(FILTER needs INCLUDE REGEX ${UNUSED_NEEDS})
  foreach(need IN LISTS needs)
    if(NOT EXISTS ${folder}/${need})  # a program that runs now may be about to load it
      execute_process(COMMAND ${link} -shared -nostdlib -Wl,-soname,${need} -o ${folder}/${need} ${folder}/empty.c)
    endif()
  endforeach()
  file(GLOB others RELATIVE ${folder} ${folder}/lib*)
  list(REMOVE_ITEM others ${needs} "")
  foreach(other IN LISTS others)
    file(REMOVE ${folder}/${other})
  endforeach()
  execute_process(COMMAND ${link} -Wl,--no-as-needed,--allow-shlib-undefined -o ${folder}/start ${folder}/start.c -x none ${library}
                  RESULT_VARIABLE linked ERROR_QUIET)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env LD_BIND_NOW=1 ${folder}/start RESULT_VARIABLE started ERROR_QUIET)
  if(needs AND linked EQUAL 0 AND started EQUAL 0)
    set(${useful} TRUE PARENT_SCOPE)
  endif()
endfunction()
