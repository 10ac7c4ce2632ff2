"use strict";exports.id=843,exports.ids=[843],exports.modules={5843:((E,d,_)=>{_.d(d,{SocksProxyAgent:()=>s.x3});var s=_(9694),o=_(1099),D=_(4434);(0,s.UD)()})};
