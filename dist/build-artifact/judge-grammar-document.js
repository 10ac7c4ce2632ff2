"use strict";exports.id=492,exports.ids=[492],exports.modules={3492:((E,s,_)=>{_.d(s,{openYaml:()=>d.IM});var d=_(9131),M=_(2363),a=_(4434)})};
